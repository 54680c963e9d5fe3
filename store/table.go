package store

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// table is one of the versioned tables: a kind of resource, row by row valid
// from one generation to another.
type table struct {
	kind    Kind
	name    string
	columns []string // beside those that all versioned tables have
	insert  string
}

// The versioned tables.
var (
	userTable = newTable(KindUser, "user", "user_name", "external_id", "display_name", "family_name", "given_name",
		"title", "user_type", "employee_number", "department", "arn", "path", "active")
	groupTable  = newTable(KindGroup, "grp", "display_name", "external_id", "arn", "path")
	policyTable = newTable(KindPolicy, "policy", "arn", "name", "path")
	roleTable   = newTable(KindRole, "role", "arn", "name", "path")
)

// tables in the order in which an observation is written.
var tables = []*table{policyTable, roleTable, groupTable, userTable}

func newTable(kind Kind, name string, columns ...string) *table {
	return &table{kind: kind, name: name, columns: columns, insert: fmt.Sprintf(
		`insert into %s (id, from_gen, created, digest, label, search, %s) values (?, ?, ?, ?, ?, jsonb(?)%s)`,
		name, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)))}
}

func tableOf(kind Kind) *table {
	for _, t := range tables {
		if t.kind == kind {
			return t
		}
	}
	return nil
}

// Attributes whose values are in the element table. The numbers are stored.
const (
	elementUserEmail       = 1
	elementUserAttached    = 2
	elementUserAccessKey   = 3
	elementGroupAttached   = 4
	elementRoleAttached    = 5
	elementUserPhoneNumber = 6
)

// attachedElement tells under which number a kind's attachments are stored.
var attachedElement = map[Kind]int{
	KindUser: elementUserAttached, KindGroup: elementGroupAttached, KindRole: elementRoleAttached,
}

// elementsOf are the numbers that rows of a kind use.
var elementsOf = map[Kind][]int{
	KindUser:  {elementUserEmail, elementUserAttached, elementUserAccessKey, elementUserPhoneNumber},
	KindGroup: {elementGroupAttached},
	KindRole:  {elementRoleAttached},
}

// element is one value of a multi-valued attribute that filters look up.
type element struct {
	attribute int
	value     string
}

// digest tells two versions of a resource apart.
type digest [16]byte

// row is what is stored of one version of a resource.
type row struct {
	id      string
	label   string // the name as it is shown
	created time.Time
	body    []byte // the resource as JSON

	fill     func(*row) // sets the rest, which an unchanged resource never needs
	columns  []any      // in the order of table.columns
	elements []element
	search   any // what filters may ask for and no column holds
}

func (r *row) digest() digest {
	sum := sha256.Sum256(r.body)
	return digest(sum[:16])
}

// absent is text for a column that is null if there is none.
func absent(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func timeOrNull(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return formatTime(*t)
}

// timeOrEmpty is for members of a search document that have omitempty.
func timeOrEmpty(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return formatTime(*t)
}
