package filter

import (
	"fmt"

	"iamscim/store"
)

// What a filter may cost. People choose with a few comparisons, and programs ask
// for a batch of names; beyond that, two lists are less work than one. A search
// inside of texts (co, ew) can use no index.
const (
	MaxTerms    = 250 // comparisons, pr included
	MaxSearches = 25  // of them, with co or ew
)

// cost counts what has been asked for so far.
type cost struct{ terms, searches int }

// add counts one comparison, or refuses it.
func (c *cost) add(op store.Op) error {
	c.terms++
	if op == store.Co || op == store.Ew {
		c.searches++
	}
	switch {
	case c.terms > MaxTerms:
		return tooMany("comparisons", MaxTerms)
	case c.searches > MaxSearches:
		return tooMany("comparisons with co or ew", MaxSearches)
	}
	return nil
}

func tooMany(of string, limit int) error {
	return &Error{Reason: fmt.Sprintf("the filter has more than %d %s", limit, of), TooMany: true}
}
