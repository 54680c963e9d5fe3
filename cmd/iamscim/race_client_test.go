package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// racer is one client with a token of its own.
type racer struct {
	*race
	number       int
	token        string
	rng          *rand.Rand
	acknowledged int
	made         int
	own          map[string]string // users it made and has not deleted: ids by name
	unmade       []string          // ids it deleted
}

func newRacer(r *race, number int, token string) *racer {
	return &racer{race: r, number: number, token: token, rng: rand.New(rand.NewPCG(7, uint64(number))), own: map[string]string{}}
}

func (c *racer) run() {
	moves := []func(){c.rename, c.join, c.join, c.activate, c.activate, c.entitle, c.renameGroup, c.create, c.destroy}
	for range raceWrites {
		moves[c.rng.IntN(len(moves))]()
	}
}

// write makes one request that sets attributes, and notes what became of it.
func (c *racer) write(method, path, body string, sets map[string]string, refusals ...int) (status int, out shownUser) {
	attempts := map[string]*attempt{}
	for attribute, value := range sets {
		attempts[attribute] = c.wrote.of(attribute).begin(value)
	}
	var answer shownUser
	status, text, err := askAs(c.t.Context(), c.token, method, c.server.base+path, body, nil)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
		return 0, answer
	}
	excused := false
	for _, refusal := range refusals {
		excused = excused || status == refusal
	}
	for attribute, a := range attempts {
		switch {
		case status < 300:
			c.wrote.of(attribute).acknowledged(a)
		case excused:
			c.wrote.of(attribute).refused(a)
		}
	}
	switch {
	case status < 300:
		c.acknowledged++
		if _, rest, ok := strings.Cut(string(text), `"id":"`); ok {
			answer.ID, _, _ = strings.Cut(rest, `"`)
		}
	case !excused && status != http.StatusServiceUnavailable:
		c.t.Errorf("%s %s %s: status %d: %s", method, path, body, status, text)
	}
	return status, answer
}

// refusals of a change of a user who may have been deleted.
func (c *racer) user() (number int, path string, refusals []int) {
	number = c.rng.IntN(raceUsers)
	if number >= mortal {
		refusals = append(refusals, http.StatusNotFound)
	}
	return number, "/Users/" + c.users[number], refusals
}

func (c *racer) name() string {
	c.made++
	return fmt.Sprintf("c%02d.%d", c.number, c.made)
}

func (c *racer) rename() {
	u, path, refusals := c.user()
	name := c.name()
	c.write("PATCH", path, fmt.Sprintf(aPatch, fmt.Sprintf(`{"op":"replace","value":{"userName":%q,"title":%q}}`, name, name)),
		map[string]string{fmt.Sprintf("name of user %d", u): name, fmt.Sprintf("title of user %d", u): name}, refusals...)
}

func (c *racer) join() {
	u, g := c.rng.IntN(raceUsers), c.rng.IntN(handGroups)
	operation, value := fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, c.users[u]), "there"
	if c.rng.IntN(2) == 0 {
		operation, value = fmt.Sprintf(`{"op":"Remove","path":"members[value eq \"%s\"]"}`, c.users[u]), "gone"
	}
	var refusals []int
	if u >= mortal {
		refusals = append(refusals, http.StatusBadRequest)
	}
	c.write("PATCH", "/Groups/"+c.groups[g], fmt.Sprintf(aPatch, operation), map[string]string{fmt.Sprintf("user %d in group %d", u, g): value}, refusals...)
}

// activate never deactivates whom somebody freezes with AWSDenyAll: nobody
// could tell the one deny from the other.
func (c *racer) activate() {
	u, path, refusals := c.user()
	on := c.rng.IntN(2) == 0 || u >= frozenManaged && u < mortal
	if u >= frozenInline && u < mortal {
		refusals = append(refusals, http.StatusForbidden)
	}
	c.write("PATCH", path, fmt.Sprintf(aPatch, fmt.Sprintf(`{"op":"replace","path":"active","value":%t}`, on)),
		map[string]string{fmt.Sprintf("active of user %d", u): fmt.Sprint(on)}, refusals...)
}

func (c *racer) entitle() {
	u, path, refusals := c.user()
	name, list := "", "[]"
	if arn := []string{"", readOnlyARN, auditorARN}[c.rng.IntN(3)]; arn != "" {
		name, list = short([]string{arn})[0], fmt.Sprintf(`[{"value":%q}]`, arn)
	}
	c.write("PATCH", path, fmt.Sprintf(aPatch, `{"op":"replace","path":"entitlements","value":`+list+`}`),
		map[string]string{fmt.Sprintf("entitlements of user %d", u): name}, refusals...)
}

func (c *racer) renameGroup() {
	g, name := c.rng.IntN(raceGroups), c.name()
	c.write("PUT", "/Groups/"+c.groups[g], fmt.Sprintf(`{"displayName":%q}`, name), map[string]string{fmt.Sprintf("name of group %d", g): name})
}

// create makes a user of its own, or deletes one.
func (c *racer) create() {
	for name, id := range c.own {
		if c.rng.IntN(2) == 0 {
			break
		}
		if status, _ := c.write("DELETE", "/Users/"+id, "", nil); status == http.StatusNoContent {
			delete(c.own, name)
			c.unmade = append(c.unmade, id)
		}
		return
	}
	name := c.name()
	if status, made := c.write("POST", "/Users", fmt.Sprintf(`{"userName":%q}`, name), nil); status == http.StatusCreated {
		c.own[name] = made.ID
	}
}

func (c *racer) destroy() {
	if c.rng.IntN(4) > 0 {
		return
	}
	u := mortal + c.rng.IntN(raceUsers-mortal)
	c.write("DELETE", "/Users/"+c.users[u], "", map[string]string{fmt.Sprintf("user %d", u): "gone"}, http.StatusNotFound)
}

// checkOwn: what it was told of its own users is so.
func (c *racer) checkOwn() {
	for name, id := range c.own {
		if u := c.byID(id); u == nil || u.Name != name {
			c.t.Errorf("client %d: %s is lost: %+v", c.number, name, u)
		}
	}
	for _, id := range c.unmade {
		if u := c.byID(id); u != nil {
			c.t.Errorf("client %d: %s is still there", c.number, u.Name)
		}
	}
}

// byHand is somebody with the AWS SDK and no idea of this server.
func (r *race) byHand() {
	client := r.sdk()
	const deny = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	rng := rand.New(rand.NewPCG(8, 8))
	for i := range 40 {
		switch {
		case i%8 == 0 && i/8 < 5:
			u := frozenInline + i/8
			if r.onUser(u, func(ctx context.Context, name *string) error {
				_, err := client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("frozen"), PolicyDocument: aws.String(deny)})
				return err
			}) {
				r.frozen[0].Store(u, true)
			}
		case i%8 == 4:
			u := frozenManaged + i/8
			if r.onUser(u, func(ctx context.Context, name *string) error {
				_, err := client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String(denyAllARN)})
				return err
			}) {
				r.frozen[1].Store(u, true)
			}
		default:
			r.fillByHand(client, rng)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// fillByHand adds somebody to a group that no client writes to, or removes them.
func (r *race) fillByHand(client *iam.Client, rng *rand.Rand) {
	u, g, add := rng.IntN(mortal), handGroups+rng.IntN(raceGroups-handGroups), rng.IntN(3) > 0
	attribute := fmt.Sprintf("user %d in group %d", u, g)
	a := r.wrote.of(attribute).begin(present(add))
	done := r.onUser(u, func(ctx context.Context, name *string) error {
		var group *string
		for _, other := range r.sim.Groups() {
			if other.ID == r.groups[g] {
				group = aws.String(other.Name)
			}
		}
		if add {
			_, err := client.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: name, GroupName: group})
			return err
		}
		_, err := client.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: name, GroupName: group})
		return err
	})
	if done {
		r.wrote.of(attribute).acknowledged(a)
	}
}

// onUser does something to a user under the name they have, which may change
// before it arrives.
func (r *race) onUser(number int, do func(context.Context, *string) error) bool {
	var err error
	for range 100 {
		if err = do(r.t.Context(), aws.String(r.byID(r.users[number]).Name)); err == nil {
			return true
		}
		time.Sleep(raceDelay / 10) // a new name shows late
	}
	r.t.Errorf("by hand, user %d: %v", number, err)
	return false
}
