package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// separator joins ids inside SQL, as char(10); no IAM id contains it.
const separator = "\n"

// jsonList is a list of ids as a statement takes it, for json_each.
func jsonList(ids []string) string {
	if len(ids) == 0 {
		return `[]`
	}
	text, _ := json.Marshal(ids) // strings always encode
	return string(text)
}

// versioned reads the bodies of resources of one kind. Each scan also yields
// what the caller's columns ask for.
func (c conn) versioned(ctx context.Context, t *table, ids []string, extra []string, join string, scan func(*stored) error) error {
	match, arg := `x.id = ?`, any(ids[0])
	if len(ids) > 1 {
		match, arg = `x.id in (select value from json_each(?))`, jsonList(ids)
	}
	counters, changed := `n.shape_gen, n.changed_gen, n.changed_at`, `join resource n on n.kind = '`+string(t.kind)+`' and n.id = x.id`
	if c.asOf != 0 {
		counters = `x.from_gen, ` + c.changedThen(t) + `, ` + c.modifiedThen(t)
		changed = `left ` + changed
	}
	columns := strings.Join(append([]string{`x.id`, `b.body`, counters}, extra...), `, `)
	text := fmt.Sprintf(`select %s from %s x join %s_body b on b.row = x.row %s %s where %s and %s`,
		c.sql(columns), t.name, t.name, changed, join, match, c.valid("x"))
	var r stored
	return c.each(ctx, func(rows *sql.Rows) error {
		r.extra = [4]*string{}
		dest := []any{&r.id, &r.body, &r.shape, &r.changed, &r.at}
		for i := range extra {
			dest = append(dest, &r.extra[i])
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		return scan(&r)
	}, text, arg)
}

// stored is one row that versioned found. Its body is valid until scan returns.
type stored struct {
	id             string
	body           sql.RawBytes
	shape, changed int64
	at             string
	extra          [4]*string
}

func (r *stored) lastModified() (time.Time, error) { return parseTime(r.at) }

// changedThen is the SQL of the generation in which x had last changed, n being
// its counters: as they are, if nothing happened since, or else from the rows
// themselves. Pruned rows no longer count.
func (c conn) changedThen(t *table) string {
	return fmt.Sprintf(`iif(n.changed_gen <= %d, n.changed_gen, %s)`, c.asOf, c.changedByRows(t))
}

func (c conn) changedByRows(t *table) string {
	column := map[Kind]string{KindUser: "user_id", KindGroup: "group_id"}[t.kind]
	if column == "" {
		return `x.from_gen`
	}
	return fmt.Sprintf(`max(x.from_gen,
			coalesce((select max(m.from_gen) from membership m where m.%[1]s = x.id and m.from_gen <= %[2]d), 0),
			coalesce((select max(m.to_gen) from membership m where m.%[1]s = x.id and m.to_gen <= %[2]d), 0))`, column, c.asOf)
}

// modifiedThen is the SQL of the time of that change. If its generation was
// pruned, it is not later than the oldest that was not.
func (c conn) modifiedThen(t *table) string {
	return fmt.Sprintf(`iif(n.changed_gen <= %d, n.changed_at, coalesce((select g.at from generation g where g.id = %s), (select min(g.at) from generation g)))`,
		c.asOf, c.changedByRows(t))
}

// inOrder returns what was found in the order of ids, each once per mention.
func inOrder[T any](ids []string, found map[string]*T) []*T {
	out := make([]*T, 0, len(ids))
	for _, id := range ids {
		if r := found[id]; r != nil {
			out = append(out, r)
		}
	}
	return out
}

// find reads resources of one kind by id; set fills a fresh resource from a
// row. A view leaves out what cannot be read; see Damaged.
func find[T any](ctx context.Context, tx *SnapshotTx, t *table, ids []string, extra []string, join string, set func(*T, *stored, time.Time) error) ([]*T, error) {
	if err := tx.observed(); err != nil || len(ids) == 0 {
		return nil, err
	}
	var found map[string]*T
	err := tx.read(ctx, func(c conn) error {
		found = make(map[string]*T, len(ids))
		return c.versioned(ctx, t, ids, extra, join, func(r *stored) error {
			resource, err := fromRow(t, r, set)
			if err != nil && tx.w == nil { // who writes must not take it for absent
				tx.s.damage.note(Ref{t.kind, r.id})
				return nil
			}
			found[r.id] = resource
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.name, err)
	}
	return inOrder(ids, found), nil
}

func fromRow[T any](t *table, r *stored, set func(*T, *stored, time.Time) error) (*T, error) {
	resource := new(T)
	if err := decode(t.kind, r.body, resource); err != nil {
		return nil, err
	}
	at, err := r.lastModified()
	if err != nil {
		return nil, err
	}
	return resource, set(resource, r, at)
}

var userColumns = []string{
	`a.observed_at`, `a.body`, `(select observed from status)`,
	`(select group_concat(m.group_id, char(10) order by m.group_id) from membership m where m.user_id = x.id and $member(m))`,
}

// Users returns the users with these ids, in that order, leaving out those
// that do not exist. Groups and Activity are filled.
func (tx *SnapshotTx) Users(ctx context.Context, ids ...string) ([]*User, error) {
	return find(ctx, tx, userTable, ids, userColumns, `left join activity a on a.user_id = x.id`, func(u *User, r *stored, at time.Time) error {
		u.Changed, u.LastModified = r.changed, at
		if r.extra[3] != nil {
			u.Groups = strings.Split(*r.extra[3], separator)
		}
		return setActivity(u, r)
	})
}

// setActivity: an observation asks about every user, so nobody's facts are
// older than it.
func setActivity(u *User, r *stored) error {
	a := &u.Activity
	if r.extra[1] != nil {
		if err := json.Unmarshal([]byte(*r.extra[1]), a); err != nil {
			return fmt.Errorf("decode activity of %s: %w", u.ID, err)
		}
	}
	a.UserID = u.ID
	for _, s := range []*string{r.extra[0], r.extra[2]} {
		if t := storedTime(s); t != nil && t.After(a.ObservedAt) {
			a.ObservedAt = *t
		}
	}
	return nil
}

// Groups returns the groups with these ids, without members.
func (tx *SnapshotTx) Groups(ctx context.Context, ids ...string) ([]*Group, error) {
	return find(ctx, tx, groupTable, ids, nil, ``, func(g *Group, r *stored, at time.Time) error {
		g.Shape, g.Changed, g.LastModified = r.shape, r.changed, at
		return nil
	})
}

const ageingJoin = `left join ageing a on a.kind = '%s' and a.id = x.id`

// Policies returns the policies with these ids.
func (tx *SnapshotTx) Policies(ctx context.Context, ids ...string) ([]*Policy, error) {
	join := fmt.Sprintf(ageingJoin, KindPolicy)
	return find(ctx, tx, policyTable, ids, []string{`cast(a.number as text)`}, join, func(p *Policy, r *stored, at time.Time) error {
		p.Changed, p.LastModified = r.changed, at
		if r.extra[0] == nil {
			return nil
		}
		return json.Unmarshal([]byte(*r.extra[0]), &p.Attachments)
	})
}

// Roles returns the roles with these ids.
func (tx *SnapshotTx) Roles(ctx context.Context, ids ...string) ([]*Role, error) {
	join := fmt.Sprintf(ageingJoin, KindRole)
	return find(ctx, tx, roleTable, ids, []string{`a.last`, `a.region`}, join, func(o *Role, r *stored, at time.Time) error {
		o.Changed, o.LastModified = r.changed, at
		o.LastUsed = storedTime(r.extra[0])
		if r.extra[1] != nil {
			o.LastUsedRegion = *r.extra[1]
		}
		return nil
	})
}

// Members returns the members of a group in the order of their ids; with names
// it also fills UserName.
func (tx *SnapshotTx) Members(ctx context.Context, groupID string, names bool) ([]Member, error) {
	if err := tx.observed(); err != nil {
		return nil, err
	}
	var members []Member
	err := tx.read(ctx, func(c conn) error {
		members = nil
		label, join := `''`, ``
		if names {
			label, join = `coalesce(x.label, '')`, `left join user x on x.id = m.user_id and `+c.valid("x")
		}
		text := `select m.user_id, ` + label + ` from membership m ` + join + ` where m.group_id = ? and ` + c.member("m") + ` order by m.user_id`
		return c.each(ctx, func(rows *sql.Rows) error {
			var m Member
			err := rows.Scan(&m.ID, &m.UserName)
			members = append(members, m)
			return err
		}, text, groupID)
	})
	if err != nil {
		return nil, fmt.Errorf("read members of %s: %w", groupID, err)
	}
	return members, nil
}

// Status returns what is known about the last observation. Before the first
// it is zero.
func (tx *SnapshotTx) Status(ctx context.Context) (Status, error) {
	var st Status
	err := tx.readNow(func(c conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			var observed, body string
			var took int64
			if err := rows.Scan(&observed, &took, &body); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(body), &st); err != nil {
				return err
			}
			st.Took = time.Duration(took)
			t, err := parseTime(observed)
			st.Observed = t
			return err
		}, `select observed, took, body from status`)
	})
	if err != nil {
		return Status{}, fmt.Errorf("read status: %w", err)
	}
	return st, nil
}
