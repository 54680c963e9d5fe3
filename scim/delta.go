package scim

import (
	"context"
	"io"
	"net/http"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/store"
)

// The delta query of draft-sehgal-scim-delta-query-01, an expired draft: a
// token marks a generation, and redeeming it tells what became since of every
// resource that changed. Only with Config.DraftFeatures.

const (
	deltaTokenURN    = "urn:ietf:params:scim:api:messages:2.0:delta:token"
	deltaRequestURN  = "urn:ietf:params:scim:api:messages:2.0:delta:request"
	deltaResponseURN = "urn:ietf:params:scim:api:messages:2.0:delta:response"

	// deltaTokenExpiry is the life of a token, unless its generation is pruned
	// before.
	deltaTokenExpiry = 30 * 24 * time.Hour
)

// The values of changeType.
const (
	deltaCreate = "Create"
	deltaUpdate = "Update"
	deltaDelete = "Delete"
)

var (
	errInvalidDeltaToken = badRequest(scimerrors.ScimTypeInvalidValue,
		"deltaToken is none of this server's for this credential and endpoint.")
	errExpiredDeltaToken = badRequest("expiredDeltaToken",
		"What the delta token goes on from is no longer there: get a new one from .deltaToken, then read everything once.")
)

// deltaToken is a token as clients get it.
type deltaToken struct {
	value  string
	expiry time.Time
}

func (t *deltaToken) append(b []byte) []byte {
	b = appendString(append(b, `{"value":`...), t.value)
	b = appendTime(append(b, `,"expiry":"`...), t.expiry)
	return append(b, `"}`...)
}

// deltaQuery is the member of ServiceProviderConfig.
func deltaQuery(types []*resourceType) object {
	supported := []string{"ServerRoot"}
	for _, res := range types {
		supported = append(supported, res.Name)
	}
	return object{"supported": true, "deltaTokenExpiry": int(deltaTokenExpiry.Seconds()), "supportedResources": supported}
}

func (c *content) deltaBinding(l *listing) binding {
	return binding{Purpose: "delta", Credential: l.credential, Account: c.opt.AccountID}
}

// deltaToken marks the place of a generation.
func (c *content) deltaToken(at point, l *listing) *deltaToken {
	mark := point{Epoch: at.Epoch, Generation: at.Generation, At: at.At, Made: l.now.Unix(), Type: l.name}
	return &deltaToken{c.sealer.seal(mark, c.deltaBinding(l)), l.now.Add(deltaTokenExpiry).Truncate(time.Second)}
}

// redeem opens the token of a request. One of the root is good everywhere.
func (c *content) redeem(l *listing) error {
	p, ok := c.sealer.open(l.deltaToken, c.deltaBinding(l))
	if !ok || p.Type != "" && p.Type != l.name {
		return errInvalidDeltaToken
	}
	if p.Epoch != c.snapshot.Generation().Epoch || l.now.Unix()-p.Made > int64(deltaTokenExpiry.Seconds()) {
		return errExpiredDeltaToken
	}
	l.since = &p
	return nil
}

// viewSince runs fn while the generation that a delta begins after is known.
func (c *content) viewSince(ctx context.Context, since *point, fn func() error) error {
	return c.snapshot.ViewGeneration(ctx, since.Generation, func(tx *store.SnapshotTx) error {
		if !tx.Generation().At.Equal(since.At) {
			return errExpiredDeltaToken
		}
		return fn()
	})
}

// became lists what became of the resources of a type: deletions first, since
// they free names. A filter is about what is there, so deletions are listed
// whatever it says, and who does not know the id has nothing to delete.
func (c *content) became(ctx context.Context, tx *store.SnapshotTx, l *listing, res *resourceType, q store.Query) (stretches, error) {
	net, err := tx.Net(ctx, res.kind, l.since.Generation)
	if err != nil {
		return nil, err
	}
	ids := map[string][]string{}
	what := make(map[string]string, len(net))
	var there []string
	for _, x := range net {
		what[x.ID] = x.What
		if x.What == "deleted" {
			ids["deleted"] = append(ids["deleted"], x.ID)
			continue
		}
		there = append(there, x.ID)
	}
	if q.Where != nil || q.OrderBy != "" {
		result, err := tx.Select(ctx, res.kind, q)
		if err != nil {
			return nil, err
		}
		there = result.IDs
	}
	for _, id := range there {
		if change := what[id]; change != "" {
			ids[change] = append(ids[change], id)
		}
	}
	return stretches{{res, deltaDelete, ids["deleted"]}, {res, deltaCreate, ids["created"]}, {res, deltaUpdate, ids["updated"]}}, nil
}

// gone fills the portion with what there is nothing left of.
func (s *portion) gone(ids []string) {
	for _, id := range ids {
		s.fragments = append(s.fragments, fragment{id: id, body: []byte("{}")})
	}
}

// appendChange writes a resource as a delta shows it.
func (s *portion) appendChange(b []byte, f *fragment) []byte {
	b = append(b, `{"schemas":["`+deltaResponseURN+`"],"resourceType":"`...)
	b = append(b, s.res.Name...)
	b = append(b, `","changeType":"`...)
	b = append(b, s.change...)
	b = appendString(append(b, `","changedResourceId":`...), f.id)
	if s.change != deltaDelete {
		b = s.projection.apply(append(b, `,"data":`...), f.body)
	}
	return append(b, '}')
}

// getDeltaToken answers GET /Users/.deltaToken and its like.
func (s *Server) getDeltaToken(name string) handler {
	return func(w http.ResponseWriter, r *request) error {
		if !r.asOf.IsZero() {
			return badRequest(scimerrors.ScimTypeInvalidValue, "%s: a token is for the time when it is asked for.", asOfHeader)
		}
		c := r.account.content
		g := c.snapshot.Generation()
		if g.ID == 0 {
			return store.ErrNoGeneration
		}
		l := s.listing(r, name, nil)
		t := c.deltaToken(point{Epoch: g.Epoch, Generation: g.ID, At: g.At}, l)
		b := []byte(`{"schemas":["` + deltaTokenURN + `"],`)
		b = append(b, t.append(nil)[1:]...)
		send(w, r.Request, http.StatusOK, contentType, b)
		return nil
	}
}

// delta answers POST /Users/.delta and its like. Pages go by cursor: an index
// would mean something else after the next change.
func (s *Server) delta(name string) handler {
	return func(w http.ResponseWriter, r *request) error {
		l, err := s.readDelta(r, name)
		if err != nil {
			return err
		}
		s.setAge(w, r)
		doc, err := r.account.content.walk(r.Context(), l)
		return s.sendResult(w, r, doc, err)
	}
}

func (s *Server) readDelta(r *request, name string) (*listing, error) {
	if err := checkMediaType(r.Header); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m, err := readMessage(body, deltaRequestURN, r.strict)
	if err != nil {
		return nil, err
	}
	token, err := m.text("deltaToken")
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, badRequest(scimerrors.ScimTypeInvalidValue, "deltaToken is required; GET .deltaToken gives one.")
	}
	if m["cursor"] == nil {
		m["cursor"] = "" // pages go by cursor
	}
	q, err := m.search(r.strict)
	if err != nil {
		return nil, err
	}
	r.filter = filterShape(q.Filter)
	l := s.listing(r, name, q)
	l.deltaToken = token
	return l, r.account.content.redeem(l)
}
