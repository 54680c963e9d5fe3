package iamsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/provisioner/iamsim"
)

// The contract is what the product relies on AWS to do, written once against
// the SDK. It runs against the simulated account, and with contractEndpoint set
// against another implementation, whose known differences are rows of
// testdata/contract-moto.json: a difference that is not listed fails, and so
// does a listed one that is none any more.

// contractEndpoint names the environment variable with the other endpoint.
const contractEndpoint = "IAMSCIM_CONTRACT_ENDPOINT"

// contractCase is one demand. Its source is a page of the AWS documentation
// or "observed", which stands for published records of the real service.
type contractCase struct {
	action string
	name   string
	source string
	run    func(*lab)
}

func (c contractCase) String() string { return c.action + "/" + c.name }

// contractCases are in order; the first ones see an account without a report.
func contractCases() []contractCase {
	return slices.Concat(
		reportCases(), userCases(), renameCases(), deleteUserCases(), tagCases(), groupCases(), memberCases(),
		managedCases(), versionCases(), attachCases(), inlineCases(), boundaryCases(), keyCases(), loginCases(),
		mfaCases(), sshCases(), certificateCases(), serviceCredentialCases(), roleCases(), detailCases(),
		stsCases(), simulateCases(), factCases(),
	)
}

// deviation is one row of data about an implementation that differs.
type deviation struct {
	Action string `json:"action"`
	Case   string `json:"case"`
	AWS    string `json:"aws"`
	Source string `json:"source"`
	Moto   string `json:"moto"`
}

func TestContract(t *testing.T) {
	newLab, deviations := simulated(t), map[string]deviation{}
	if endpoint := os.Getenv(contractEndpoint); endpoint != "" {
		newLab, deviations = elsewhere(t, endpoint)
	}
	cases := contractCases()
	if len(cases) < 150 {
		t.Errorf("the contract has shrunk to %d cases", len(cases))
	}
	seen := map[string]bool{}
	for i, c := range cases {
		if seen[c.String()] {
			t.Errorf("two cases are called %s", c)
		}
		seen[c.String()] = true
		t.Run(c.String(), func(t *testing.T) {
			l := newLab(t, i)
			l.perform(c)
			row, listed := deviations[c.String()]
			switch {
			case listed && len(l.problems) == 0:
				t.Errorf("no longer deviates; remove the row (moto: %s)", row.Moto)
			case !listed && len(l.problems) > 0:
				t.Errorf("%s (%s)", strings.Join(l.problems, "; "), c.source)
			}
		})
	}
	for name := range deviations {
		if !seen[name] {
			t.Errorf("a deviation is listed for a case that does not exist: %s", name)
		}
	}
}

// perform runs a case. A broken server may leave out what the case reads, so a
// panic is a finding like any other.
func (l *lab) perform(c contractCase) {
	defer func() {
		if r := recover(); r != nil {
			l.problems = append(l.problems, fmt.Sprintf("the answer is incomplete: %v", r))
		}
	}()
	c.run(l)
}

// simulated returns labs that share one simulated account.
func simulated(t *testing.T) func(testing.TB, int) *lab {
	account := iamsim.New(iamsim.Config{Seed: 1})
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	id, secret := account.Credentials()
	return labs(server.URL, id, secret)
}

func elsewhere(t *testing.T, endpoint string) (func(testing.TB, int) *lab, map[string]deviation) {
	reset(t, endpoint)
	text, err := os.ReadFile("testdata/contract-moto.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []deviation
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	byName := map[string]deviation{}
	for _, row := range rows {
		if row.AWS == "" || row.Source == "" || row.Moto == "" {
			t.Errorf("the row of %s/%s does not explain itself", row.Action, row.Case)
		}
		byName[row.Action+"/"+row.Case] = row
	}
	return labs(endpoint, "testing", "testing"), byName
}

// reset empties moto, so that a server may serve a second run.
func reset(t *testing.T, endpoint string) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+"/moto-api/reset", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("reset: %s", response.Status)
	}
}

// labs makes one lab per case; its number keeps names apart.
func labs(endpoint, id, secret string) func(testing.TB, int) *lab {
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	}
	client, tokens := iam.NewFromConfig(cfg), sts.NewFromConfig(cfg)
	return func(tb testing.TB, number int) *lab {
		return &lab{ctx: tb.Context(), iam: client, sts: tokens, number: number}
	}
}
