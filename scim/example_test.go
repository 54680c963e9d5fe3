package scim_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
	"iamscim/scim"
	"iamscim/scim/auth"
	"iamscim/store"
)

// From an account, here a simulated one, to a SCIM server.
func ExampleNew() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "iamscim")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()

	// What we know about the account, and who may ask.
	sim := iamsim.New(iamsim.Config{})
	account, err := store.OpenAccount(ctx, dir, sim.ID(), store.AccountOptions{})
	check(err)
	defer func() { check(account.Close()) }()
	control, err := store.OpenControl(ctx, filepath.Join(dir, "control.db"), time.Now)
	check(err)
	defer func() { check(control.Close()) }()
	tokens, err := auth.New(ctx, auth.Config{Control: control, Bootstrap: "a-secret-of-the-operator"})
	check(err)

	// The way into AWS, and one look at it.
	aws := httptest.NewServer(sim)
	defer aws.Close()
	check(os.Setenv("AWS_ENDPOINT_URL", aws.URL))
	defer func() { check(os.Unsetenv("AWS_ENDPOINT_URL")) }()
	id, secret := sim.Credentials()
	conn, err := awsapi.Connect(ctx, awsapi.Config{
		AccessKeyID:     func() (string, error) { return id, nil },
		SecretAccessKey: func() (string, error) { return secret, nil },
	})
	check(err)
	p := provisioner.New(provisioner.Config{Connection: conn, Account: account})
	_, err = p.Refresh(ctx, provisioner.RefreshOptions{})
	check(err)

	server, err := scim.New(scim.Config{
		Accounts: map[string]*scim.Account{"": {Store: account, Provisioner: p}},
		Auth:     tokens, Control: control,
	})
	check(err)

	req := httptest.NewRequest(http.MethodGet, "http://localhost/scim/v2/Users?attributes=userName&count=0", nil)
	req.Header.Set("Authorization", "Bearer a-secret-of-the-operator")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, req)
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 200 application/scim+json
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
