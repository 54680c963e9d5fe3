package main

import (
	"fmt"
	"io"
)

// banner is what serve prints once it can be used.
type banner struct {
	Account  string   // what is served, in one line
	Base     string   // SCIM base URL
	Token    string   // empty: the operator has tokens already
	UserName string   // some user's, for the filter line
	Hints    []string // further lines
}

func (b banner) print(out io.Writer) {
	token := b.Token
	if token == "" {
		token = "$IAMSCIM_TOKEN"
	}
	fmt.Fprintf(out, "\n%s\n\n  SCIM base URL  %s\n", b.Account, b.Base)
	if b.Token != "" {
		fmt.Fprintf(out, "  Bearer token   %s\n", b.Token)
	}
	for _, hint := range b.Hints {
		fmt.Fprintf(out, "  %s\n", hint)
	}
	user := b.UserName
	if user == "" {
		user = "somebody"
	}
	// Double quotes, so that a shell fills in the variable.
	curl := fmt.Sprintf("  curl -H \"Authorization: Bearer %s\" ", token)
	fmt.Fprintf(out, "\nTry:\n\n")
	fmt.Fprintf(out, "%s'%s/Users?count=2'\n", curl, b.Base)
	fmt.Fprintf(out, "%s-G '%s/Users' --data-urlencode 'filter=userName eq \"%s\"'\n", curl, b.Base, user)
	fmt.Fprintf(out, "%s'%s/Groups?excludedAttributes=members'\n\n", curl, b.Base)
}
