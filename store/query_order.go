package store

// defaultOrder is that of every list that asks for none, and decides ties.
const defaultOrder = `x.created, x.id`

// order builds the ORDER BY terms. RFC 7644 §3.4.2.3: resources without a value
// come last in ascending order and first in descending; of a multi-valued
// attribute the primary value counts, or else the first.
func (k *compiler) order(q Query) (string, error) {
	if q.OrderBy == "" {
		if q.Desc {
			return `x.created desc, x.id desc`, nil
		}
		return defaultOrder, nil
	}
	whole, err := k.attribute(q.OrderBy)
	if err != nil {
		return "", err
	}
	a := k.catalogue.value(whole)
	if a == nil || a.Type == Complex {
		return "", &QueryError{q.OrderBy, "is complex and has no value to sort by; name a sub-attribute"}
	}
	k.ages = k.ages || a.ages
	source := k.source(a)
	if a.list != nil {
		source = k.first(a)
	}
	direction := ``
	if q.Desc {
		direction = ` desc`
	}
	terms := source + direction + `, ` + defaultOrder
	if !a.always {
		terms = source + ` is null` + direction + `, ` + terms
	}
	return terms, nil
}

// first is the value of the first element in the order of the list.
func (k *compiler) first(a *attribute) string {
	text := `(select ` + k.source(a) + ` from ` + k.c.sql(a.list.from)
	if a.list.where != "" {
		text += ` where ` + k.c.sql(a.list.where)
	}
	return text + ` order by ` + a.list.order + ` limit 1)`
}
