package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
)

// grammarChecks try generated filters. The generator knows whom each filter
// finds, and its seeds are fixed, so a report can be repeated.
func grammarChecks() []Check {
	return []Check{
		{"grammar/logic", filterRFC, Must, "Generated combinations of and, or and not find what they should.", generated(grammar{depth: 2, seed: 1})},
		{"grammar/nesting", filterRFC, Must, "Generated filters with deep parentheses find what they should.", generated(grammar{depth: 5, seed: 2, nest: true})},
		{"grammar/spelling", filterRFC, Must, "Generated filters in odd letter case find what they should.", generated(grammar{depth: 2, seed: 3, odd: true})},
		{"grammar/value-paths", filterRFC, Must, "Generated filters with brackets find what they should.", generated(grammar{depth: 2, seed: 4, brackets: true})},
	}
}

// grammar describes which filters of RFC 7644 figure 1 are generated.
type grammar struct {
	depth    int
	seed     uint64
	nest     bool // superfluous parentheses
	odd      bool // odd letter case
	brackets bool // value paths
}

// formula is a filter and the people it finds, as bits.
type formula struct {
	text string
	who  int
	prec int // 1 or, 2 and, 3 anything that needs no parentheses
}

const (
	everybody = 0b111
	rounds    = 16 // filters of each check
)

func generated(g grammar) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		var uses []string
		if g.brackets {
			uses = []string{"emails.value", "emails.type"}
		}
		p, err := c.filterable(ctx, uses...)
		if err != nil {
			return err
		}
		if err := g.applies(ctx, c, p); err != nil {
			return err
		}
		rnd := rand.New(rand.NewPCG(g.seed, 7644)) //nolint:gosec // a fixed seed is wanted
		for range rounds {
			f := g.formula(rnd, g.depth)
			// The mark keeps the answer small on servers with many users.
			expr := p.replace.Replace(fmt.Sprintf(`%s and userName sw "{mark}"`, f.inside(2)))
			if err := c.finds(ctx, p, expr, letters(f.who), strict); err != nil {
				return err
			}
		}
		return nil
	}
}

// applies skips where a comparison that is combined here is not supported on its own.
func (g grammar) applies(ctx context.Context, c *Client, p *people) error {
	all := []string{`userName eq "{A.name}"`, `userName sw "{mark}"`, `userName co "{mark}"`, `userName ew "-b@example.com"`, `userName pr`}
	if g.brackets {
		all = append(all, `emails.type eq "work"`, `emails.value eq "{mark}"`, `emails.value sw "{mark}"`, `emails.value co "{mark}"`, `emails.value ew "{mark}"`)
	}
	for _, one := range all {
		if _, _, err := c.tryFilter(ctx, p, p.replace.Replace(one), lenient); err != nil {
			return blocked("the filter "+one, err)
		}
	}
	return nil
}

func letters(bits int) string {
	var b strings.Builder
	for i := range 3 {
		if bits&(1<<i) != 0 {
			b.WriteByte("ABC"[i])
		}
	}
	return b.String()
}

func (g grammar) formula(rnd *rand.Rand, depth int) formula {
	if depth == 0 {
		return g.leaf(rnd)
	}
	x := g.formula(rnd, depth-1)
	switch rnd.IntN(5) {
	case 0:
		return formula{g.word(rnd, "not") + " (" + x.text + ")", everybody &^ x.who, 3}
	case 1:
		if g.nest {
			return formula{"(" + x.text + ")", x.who, 3}
		}
		return x
	case 2, 3:
		y := g.formula(rnd, rnd.IntN(depth))
		return formula{x.inside(1) + " " + g.word(rnd, "or") + " " + y.inside(1), x.who | y.who, 1}
	}
	y := g.formula(rnd, rnd.IntN(depth))
	return formula{x.inside(2) + " " + g.word(rnd, "and") + " " + y.inside(2), x.who & y.who, 2}
}

// inside is the formula as an operand of an operator that binds so strongly.
func (f formula) inside(prec int) string {
	if f.prec < prec {
		return "(" + f.text + ")"
	}
	return f.text
}

func (g grammar) leaf(rnd *rand.Rand) formula {
	leaves := []formula{
		{`userName|eq|"{A.name}"`, 0b001, 3}, {`userName|eq|"{B.name}"`, 0b010, 3}, {`userName|sw|"{mark}-c"`, 0b100, 3},
		{`userName|co|"{mark}"`, 0b111, 3}, {`userName|pr`, 0b111, 3}, {`userName|eq|"{mark}-nobody"`, 0, 3}, {`userName|ew|"-b@example.com"`, 0b010, 3},
	}
	if g.brackets {
		leaves = append(leaves,
			formula{`emails[value|eq|"{mark}-a@work.example"]`, 0b001, 3},
			formula{`emails[type|eq|"work"|and|value|ew|"@home.example"]`, 0b010, 3},
			formula{`emails[type|eq|"home"|and|value|sw|"{mark}"]`, 0b011, 3},
			formula{`emails[type|eq|"home"|or|value|eq|"{mark}-nobody"]`, 0b011, 3},
			formula{`emails[value|co|"{mark}-b"|and|not|(type|eq|"work")]`, 0b010, 3},
		)
	}
	f := leaves[rnd.IntN(len(leaves))]
	if g.brackets && rnd.IntN(2) == 0 {
		f = leaves[7+rnd.IntN(len(leaves)-7)]
	}
	var words []string
	for part := range strings.SplitSeq(f.text, "|") {
		if !strings.Contains(part, `"`) {
			part = g.word(rnd, part)
		}
		words = append(words, part)
	}
	f.text = strings.Join(words, " ")
	return f
}

// word writes a name or operator, in odd letter case if that is what is tested.
func (g grammar) word(rnd *rand.Rand, w string) string {
	if !g.odd {
		return w
	}
	b := []byte(w)
	for i := range b {
		if rnd.IntN(2) == 0 {
			b[i] = strings.ToUpper(string(b[i]))[0]
		}
	}
	return string(b)
}
