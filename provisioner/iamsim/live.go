package iamsim

import (
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"
)

// LiveOptions describe what happens during Live.
type LiveOptions struct {
	Steps int           // how many things happen; 500 when zero
	Every time.Duration // how far the clock moves between them; 2 minutes when zero
	Seed  uint64        // what happens follows from it
}

// Live lets random things happen in the account, as several administrators
// would do them: they create, rename and delete users and groups, change
// memberships, policies, tags, keys, passwords and devices, and sometimes ask
// for what is not possible. Their calls obey all rules, faults and delays, and
// are in the journal. It returns how often each error code was answered; ""
// counts successes. The same seed on the same account gives the same life.
func (a *Account) Live(o LiveOptions) map[string]int {
	if o.Steps == 0 {
		o.Steps = 500
	}
	if o.Every == 0 {
		o.Every = 2 * time.Minute
	}
	l := &life{Account: a, rng: rand.New(rand.NewPCG(o.Seed, 0x11fe)), codes: map[string]int{}}
	for i := range 3 {
		l.actors = append(l.actors, l.actor(i))
	}
	for range o.Steps {
		moves[l.rng.IntN(len(moves))](l)
		a.Advance(o.Every)
	}
	return l.codes
}

// life is one run of Live.
type life struct {
	*Account
	rng    *rand.Rand
	actors []string // UserIds
	codes  map[string]int
	made   int // names given so far
}

// actor makes or finds the administrator with that number.
func (l *life) actor(i int) string {
	name := "administrator-" + strconv.Itoa(i)
	if u, ok := l.User(name); ok {
		return u.ID
	}
	return l.AddUser(User{Name: name, Path: "/operators/", Grants: Grants{Attached: []string{l.managedARN("AdministratorAccess")}}}).ID
}

// do lets a random actor perform an action. pairs are parameters and values.
func (l *life) do(action string, pairs ...string) (code string) {
	params := url.Values{"Action": {action}, "Version": {versions["iam"]}}
	for i := 0; i+1 < len(pairs); i += 2 {
		params.Set(pairs[i], pairs[i+1])
	}
	code = l.act(l.actors[l.rng.IntN(len(l.actors))], params)
	l.codes[code]++
	return code
}

// act performs a call of a user without HTTP and signature.
func (a *Account) act(userID string, params url.Values) (code string) {
	fault := a.arrive(params.Get("Action"))
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &call{
		Account: a, params: params, at: a.now(), requestID: a.newUUID(), fault: fault.kind(), service: "iam", region: "us-east-1",
	}
	refused := c.asActor(userID)
	if fault.stops() {
		refused = fault.refusal()
	}
	if refused == nil {
		_, refused = c.perform()
	}
	if refused == nil && fault.fails() {
		refused = fault.refusal()
	}
	a.record(c, refused, fault)
	if refused != nil {
		return refused.code
	}
	return ""
}

func (c *call) asActor(userID string) *apiError {
	u := c.users.get(userID, c.at)
	if u == nil {
		return refuse("InvalidClientTokenId", badToken)
	}
	c.who = &caller{arn: c.userARN(u), unique: u.ID, userID: u.ID}
	return nil
}

// pick draws a user's, group's or role's name; now and then one that is not there.
func pick[T any](l *life, t *table[T]) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := t.all(l.now())
	if len(all) == 0 || l.rng.IntN(50) == 0 {
		return "nobody"
	}
	_, name := t.key(all[l.rng.IntN(len(all))])
	return name
}

// victim draws a user that may be changed: administrators stay.
func (l *life) victim() string {
	for {
		name := pick(l, l.users)
		if u, ok := l.User(name); !ok || u.Path != "/operators/" && name != bootstrapUser {
			return name
		}
	}
}

// fresh makes a name that is new, or rarely one in use in another case.
func (l *life) fresh(kind string) string {
	l.made++
	return kind + "-" + strconv.Itoa(int(l.rng.Uint32()%100000)) + "-" + strconv.Itoa(l.made)
}

func choose[T any](l *life, list ...T) T { return list[l.rng.IntN(len(list))] }
