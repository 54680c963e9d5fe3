package scim

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"iamscim/store"
)

// A file of everything that is known of an account, for reviews of who had
// access. Its resources are those that /scim/v2 serves, without links and
// versions, and it says of each user what is not known.

// exportFormat counts the forms that the file has had.
const exportFormat = 1

// exportChunk is how many resources are in memory at a time. Of groups it is
// one, because one may have everybody as a member.
const exportChunk = 200

// export answers GET /admin/export: the account as it is, or as it was at
// ?as-of=, all of it from one generation. An answer that breaks off is cut
// short, and says why in a trailer.
func (s *Server) export(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	values, err := parseQuery(r)
	if err != nil {
		return err
	}
	c, ctx := h.content, r.Context()
	e := &exporter{content: c, out: bufio.NewWriterSize(toClient{w}, 64<<10)}
	view := c.snapshot.View
	if text := parameter(values, "as-of"); text != "" {
		if e.asOf, err = s.moment(h, "as-of", text); err != nil {
			return err
		}
		view = func(ctx context.Context, fn func(*store.SnapshotTx) error) error { return c.viewAt(ctx, e.asOf, fn) }
	}
	w.Header().Set("Content-Type", plainJSON)
	if err := view(ctx, func(tx *store.SnapshotTx) error { return e.write(ctx, tx) }); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return e.out.Flush()
}

// toClient tells that a client went away, which is no fault of ours.
type toClient struct{ io.Writer }

func (c toClient) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	if err != nil {
		err = fmt.Errorf("%w: %w", context.Canceled, err)
	}
	return n, err
}

// exporter writes one file.
type exporter struct {
	content *content
	out     *bufio.Writer
	asOf    time.Time // zero: now
}

// write writes the file, one resource a line.
func (e *exporter) write(ctx context.Context, tx *store.SnapshotTx) error {
	if err := e.head(ctx, tx); err != nil {
		return err
	}
	for i, name := range []string{"users", "groups", "policies", "roles"} {
		if err := e.list(ctx, tx, name, e.content.types[i]); err != nil {
			return err
		}
	}
	if err := stillKnown(ctx, tx); err != nil {
		return err
	}
	_, err := e.out.WriteString("\n}\n")
	return err
}

// stillKnown fails if the history was shortened past what is read: something may
// have been missed.
func stillKnown(ctx context.Context, tx *store.SnapshotTx) error {
	h, err := tx.Horizon(ctx)
	if err == nil && h.Oldest.ID > tx.Generation().ID {
		err = reply(http.StatusServiceUnavailable, "What was exported was forgotten while it was read.")
	}
	return err
}

// head writes what the file is of.
func (e *exporter) head(ctx context.Context, tx *store.SnapshotTx) error {
	g := tx.Generation()
	if g.ID == 0 {
		return store.ErrNoGeneration
	}
	status, err := tx.Status(ctx)
	if err != nil {
		return err
	}
	p := &pen{b: []byte("{\n")}
	p.b = append(p.b, `"format":`...)
	p.b = fmt.Append(p.b, exportFormat)
	p.text("accountId", e.content.opt.AccountID)
	p.text("accountAlias", status.Alias)
	p.text("epoch", g.Epoch)
	p.whole("generation", g.ID)
	p.commit("generationTime", g.At)
	p.moment("asOf", e.asOf)
	p.moment("observedAt", status.Observed)
	_, err = e.out.Write(p.b)
	return err
}

// list writes all resources of a type. One that cannot be read ends the file: a
// review that lacks somebody is worse than none.
func (e *exporter) list(ctx context.Context, tx *store.SnapshotTx, name string, res *resourceType) error {
	all, err := tx.Select(ctx, res.kind, store.Query{})
	if err != nil {
		return err
	}
	size := exportChunk
	if res.kind == store.KindGroup {
		size = 1
	}
	loader := e.content.loader(tx, "", groupParts{members: true, display: true, empty: true})
	separator := fmt.Sprintf(",\n%q:[\n", name)
	for ids := range slices.Chunk(all.IDs, size) {
		fragments, err := loader.fragments(ctx, res, ids)
		if err != nil {
			return err
		}
		for i, id := range ids {
			if i >= len(fragments) || fragments[i].id != id {
				unreadable := reply(http.StatusServiceUnavailable, fmt.Sprintf("%s %s cannot be read, and without it the export would not be complete.", res.Name, id))
				return cmp.Or(stillKnown(ctx, tx), error(unreadable))
			}
			if _, err := e.out.WriteString(separator); err != nil {
				return err
			}
			if _, err := e.out.Write(fragments[i].body); err != nil {
				return err
			}
			separator = ",\n"
		}
	}
	if len(all.IDs) == 0 {
		_, err = e.out.WriteString(separator)
	}
	if err == nil {
		_, err = e.out.WriteString("]")
	}
	return err
}

// notKnown lists what a file lacks of a user because nobody has read it yet, or
// keeps it any more. Of what is absent otherwise there is none.
func (s *setting) notKnown(p *pen, u *store.User) {
	uses := true
	for i := range u.AccessKeys {
		_, known := s.useOf(u, i)
		uses = uses && known
	}
	mark := p.begin("notKnown", '[')
	for _, a := range []struct {
		name    string
		unknown bool
	}{
		{"consoleAccess", u.ConsoleAccess == nil},
		{"passwordLastUsed", s.latest != nil && s.latest[u.ID] == nil},
		{"passwordLastChanged", u.PasswordLastChanged == nil && (u.ConsoleAccess == nil || *u.ConsoleAccess)},
		{"mfaActive", u.MFAActive == nil},
		{"mfaDevices", u.MFADevices == nil},
		{"accessKeys", u.AccessKeys == nil},
		{"accessKeys.lastUsed", !uses},
		{"sshPublicKeys", u.SSHPublicKeys == nil},
		{"x509Certificates", u.Certificates == nil},
		{"serviceSpecificCredentials", u.ServiceCredentials == nil},
	} {
		if a.unknown {
			p.comma()
			p.b = appendString(p.b, a.name)
		}
	}
	p.end(mark, ']')
}
