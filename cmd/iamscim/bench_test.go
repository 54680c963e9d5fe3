package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iamscim/store"
)

// The ratios of docs/performance.md. Both sides are asked in turn, in blocks,
// within one run; what is reported is a ratio of times, never a time.

// benchObservation is an account of n users in 300 groups, one of which holds
// half of them. Another salt is another value in every k-th user.
func benchObservation(n, k int, salt string) *store.Observation {
	created := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	obs := &store.Observation{AccountID: benchID, Started: time.Now()}
	for i := range 300 {
		id := fmt.Sprintf("AGPABENCH%012d", i)
		obs.Groups = append(obs.Groups, store.Group{
			ID: id, Name: "group-" + strconv.Itoa(i), DisplayName: "group-" + strconv.Itoa(i), Path: "/",
			ARN: "arn:aws:iam::" + benchID + ":group/group-" + strconv.Itoa(i), Created: created,
			Attached: []store.PolicyRef{{ARN: "arn:aws:iam::aws:policy/ReadOnlyAccess", Name: "ReadOnlyAccess", ID: "ANPABENCH"}},
		})
	}
	yes, no := true, false
	for i := range n {
		name := "user" + strconv.Itoa(i)
		u := store.User{
			ID: benchUser(i), Name: name, UserName: name, Path: "/people/", ARN: "arn:aws:iam::" + benchID + ":user/people/" + name,
			Created: created.Add(time.Duration(i) * time.Second), Active: true, IdentityType: "human", ConsoleAccess: &yes, MFAActive: &no,
			Attached: []store.PolicyRef{{ARN: "arn:aws:iam::aws:policy/IAMUserChangePassword", Name: "IAMUserChangePassword"}},
			Groups:   []string{obs.Groups[1+i%149].ID, obs.Groups[150+i%150].ID},
		}
		u.Person.DisplayName = "User Number " + strconv.Itoa(i)
		if u.Person.Title = "Engineer"; i%k == 0 {
			u.Person.Title = salt
		}
		u.Person.Name.GivenName, u.Person.Name.FamilyName = "User", "Number "+strconv.Itoa(i)
		u.Person.Emails = []store.MultiValue{{Value: name + "@example.com", Type: "work", Primary: &yes}}
		if i%2 == 0 {
			u.Groups = append([]string{obs.Groups[0].ID}, u.Groups...)
		}
		obs.Users = append(obs.Users, u)
	}
	return obs
}

func benchUser(i int) string { return fmt.Sprintf("AIDABENCH%012d", i) }

// benchGateway starts a gateway over an account of n users.
func benchGateway(b *testing.B, n int) *child {
	b.Helper()
	ctx, dir := context.Background(), b.TempDir()
	account, err := store.OpenAccount(ctx, dir, benchID, store.AccountOptions{})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := account.Snapshot.Replace(ctx, benchObservation(n, 1, "first"), store.ReplaceOptions{}); err != nil {
		b.Fatal(err)
	}
	if err := account.Close(); err != nil {
		b.Fatal(err)
	}
	return startChild(b, "gateway", dir)
}

// benchPlain starts a plain handler that knows the gateway's answers.
func benchPlain(b *testing.B, gateway *child, paths []string) *child {
	b.Helper()
	bodies := map[string][]byte{}
	conn := dial(b, gateway.addr)
	for _, path := range paths {
		bodies[path] = conn.body(b, path)
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(bodies); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "bodies")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return startChild(b, "plain", file)
}

// client is a keep-alive connection with as little of its own as possible.
type client struct {
	conn net.Conn
	r    *bufio.Reader
	addr string
}

func dial(b *testing.B, addr string) *client {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &client{conn, bufio.NewReaderSize(conn, 64<<10), addr}
}

func (c *client) ask(path string) (*http.Response, error) {
	_, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, c.addr, benchToken)
	if err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return resp, err
}

func (c *client) body(b *testing.B, path string) []byte {
	b.Helper()
	resp, err := c.ask(path)
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return body
}

// block asks n requests on four connections and returns how long that took.
func block(b *testing.B, clients []*client, n int, path func(int) string) time.Duration {
	b.Helper()
	var wg sync.WaitGroup
	begin := time.Now()
	for k, c := range clients {
		wg.Go(func() {
			for i := k; i < n; i += len(clients) {
				resp, err := c.ask(path(i))
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}

func connections(b *testing.B, c *child) []*client {
	b.Helper()
	var all []*client
	for range 4 {
		all = append(all, dial(b, c.addr))
	}
	return all
}

// compare reports the time of a over the time of z, by the medians of the rounds.
func compare(b *testing.B, unit string, n int, a, z []*client, pathA, pathZ func(int) string) {
	b.Helper()
	var ratios []float64
	for b.Loop() {
		ta := block(b, a, n, pathA)
		tz := block(b, z, n, pathZ)
		ratios = append(ratios, float64(ta)/float64(tz))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], unit)
	b.ReportMetric(0, "ns/op")
}

// BenchmarkOfPlain: requests per second as a share of a plain handler's.
func BenchmarkOfPlain(b *testing.B) {
	const n = 5000
	gateway := benchGateway(b, n)
	byID := func(i int) string { return "/scim/v2/Users/" + benchUser(i*7919%n) }
	byName := func(i int) string {
		return "/scim/v2/Users?filter=userName%20eq%20%22user" + strconv.Itoa(i*7919%n) + "%22"
	}
	page := func(i int) string { return fmt.Sprintf("/scim/v2/Users?count=100&startIndex=%d", 1+i*17%50*100) }
	group := func(int) string { return "/scim/v2/Groups/AGPABENCH000000000000?excludedAttributes=members" }
	var paths []string
	for i := range n {
		paths = append(paths, byID(i), byName(i))
	}
	for i := range 50 {
		paths = append(paths, page(i))
	}
	paths = append(paths, group(0))
	plain := benchPlain(b, gateway, paths)
	g, p := connections(b, gateway), connections(b, plain)
	for _, row := range []struct {
		name  string
		block int
		path  func(int) string
	}{{"user by id", 4000, byID}, {"filter userName eq", 4000, byName}, {"page of 100", 600, page}, {"group of 2500 without members", 4000, group}} {
		b.Run(row.name, func(b *testing.B) { compare(b, "of-plain", row.block, p, g, row.path, row.path) })
	}
}

// BenchmarkGrowth: the time at 100,000 users over the time at 1,000.
func BenchmarkGrowth(b *testing.B) {
	const few, many = 1000, 100_000
	small, large := benchGateway(b, few), benchGateway(b, many)
	s, l := connections(b, small), connections(b, large)
	id := func(n int) func(int) string {
		return func(i int) string { return "/scim/v2/Users/" + benchUser(i*7919%n) }
	}
	name := func(n int) func(int) string {
		return func(i int) string {
			return "/scim/v2/Users?filter=userName%20eq%20%22user" + strconv.Itoa(i*7919%n) + "%22"
		}
	}
	at := func(start int) func(int) string {
		path := fmt.Sprintf("/scim/v2/Users?count=100&startIndex=%d", start)
		return func(int) string { return path }
	}
	group := func(int) string { return "/scim/v2/Groups/AGPABENCH000000000000?excludedAttributes=members" }
	b.Run("user by id", func(b *testing.B) { compare(b, "x", 4000, l, s, id(many), id(few)) })
	b.Run("filter userName eq", func(b *testing.B) { compare(b, "x", 4000, l, s, name(many), name(few)) })
	var asked atomic.Int64 // one user after the other, so that no cache has them
	next := func(path func(int) string) func(int) string {
		return func(int) string { return path(int(asked.Add(1) % many)) }
	}
	b.Run("all users by id over a few", func(b *testing.B) { compare(b, "x", 4000, l, s, next(id(many)), id(few)) })
	b.Run("all filters userName eq over a few", func(b *testing.B) { compare(b, "x", 4000, l, s, next(name(many)), name(few)) })
	b.Run("last page over first", func(b *testing.B) { compare(b, "x", 600, l, l, at(many-99), at(1)) })
	b.Run("group of 50000 over 500 without members", func(b *testing.B) { compare(b, "x", 4000, l, s, group, group) })
	b.Run("resident", func(b *testing.B) {
		for b.Loop() {
			block(b, l, 1000, id(many))
		}
		b.ReportMetric(large.residentMiB(b), "MiB")
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkDuringRefresh: the p99 of reads during a refresh in which every k-th
// user changed, over the p99 of the same reads while nothing happens. Each
// round is one whole refresh.
func BenchmarkDuringRefresh(b *testing.B) {
	for _, row := range []struct {
		name string
		k    int
	}{{"one user in a hundred changed", 100}, {"every user changed", 1}} {
		b.Run(row.name, func(b *testing.B) { duringRefresh(b, row.k) })
	}
}

func duringRefresh(b *testing.B, k int) {
	const n = 5000
	gateway := benchGateway(b, n)
	conn := dial(b, gateway.addr)
	i := 0
	read := func() time.Duration {
		begin := time.Now()
		conn.body(b, "/scim/v2/Users/"+benchUser(i*7919%n))
		i++
		return time.Since(begin)
	}
	var idle, busy []time.Duration
	for b.Loop() {
		if _, err := fmt.Fprintln(gateway.stdin, n, k); err != nil {
			b.Fatal(err)
		}
		done := make(chan struct{})
		go func() { gateway.line(b); close(done) }()
		reads := 0
		for running := true; running; reads++ {
			busy = append(busy, read())
			select {
			case <-done:
				running = false
			default:
			}
		}
		for range reads {
			idle = append(idle, read())
		}
	}
	slices.Sort(idle)
	slices.Sort(busy)
	b.ReportMetric(float64(busy[len(busy)*99/100])/float64(idle[len(idle)*99/100]), "x-p99")
	b.ReportMetric(0, "ns/op")
}
