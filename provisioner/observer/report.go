package observer

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// reportAge is how long AWS keeps handing out the same credential report
// (IAM User Guide, "Getting credential reports": once every four hours).
const reportAge = 4 * time.Hour

// maxPoll is the longest pause between two questions whether it is done.
const maxPoll = 4 * time.Second

// ReportSource is the name under which the store keeps the report.
const ReportSource = "credential report"

// CredentialReport is one credential report.
type CredentialReport struct {
	At   time.Time             // when AWS made it, possibly hours before we got it
	rows map[string]*ReportRow // by ARN
}

// ReportRow is one user's row. Pointers are nil where the report does not say.
type ReportRow struct {
	created             time.Time
	passwordEnabled     *bool
	passwordLastUsed    *time.Time
	passwordLastChanged *time.Time
	mfaActive           *bool
	keys, certs         []reportSlot // existing ones only
	more                bool         // credentials beyond the columns exist
}

// reportSlot is an access key or certificate of which the report knows neither
// id nor owner but the row.
type reportSlot struct {
	active   bool
	rotated  *time.Time
	lastUsed *time.Time
	service  string
	region   string
}

// Row finds a user's row. A row counts only if its creation time matches too:
// another user of that name may have come and gone.
func (r *CredentialReport) Row(arn string, created time.Time) *ReportRow {
	if r == nil {
		return nil
	}
	row := r.rows[arn]
	if row == nil || !sameSecond(row.created, created) {
		return nil
	}
	return row
}

// generateReport starts a report early, so that it is done when it is read.
func (o *Observer) generateReport(ctx context.Context) error {
	if r := o.Memo.Report; r != nil && o.Now().Sub(r.At) < reportAge {
		return errNotAsked
	}
	_, err := o.IAM.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{}, brief)
	return err
}

// readReport gets the report, waiting a little for one that is being made. A
// report in hand is used when no newer one can be had: every value knows its age.
func (o *Observer) readReport(ctx context.Context) error {
	o.facts.Report = o.Memo.Report
	if r := o.Memo.Report; r != nil && o.Now().Sub(r.At) < reportAge {
		return errNotAsked
	}
	out, err := o.awaitReport(ctx)
	if err != nil {
		return err
	}
	r, err := parseReport(out.Content)
	if err != nil {
		return err
	}
	r.At = aws.ToTime(out.GeneratedTime).UTC()
	o.Memo.Report, o.facts.Report, o.facts.NewReport = r, r, out.Content
	return nil
}

func (o *Observer) awaitReport(ctx context.Context) (*iam.GetCredentialReportOutput, error) {
	deadline := time.NewTimer(o.PollFor)
	defer deadline.Stop()
	for wait := o.PollFirst; ; wait = min(2*wait, maxPoll) {
		out, err := o.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{}, brief)
		if err == nil {
			return out, nil
		}
		var absent *iamtypes.CredentialReportNotPresentException
		var expired *iamtypes.CredentialReportExpiredException
		var unready *iamtypes.CredentialReportNotReadyException
		switch {
		case errors.As(err, &absent), errors.As(err, &expired):
			if _, gerr := o.IAM.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{}, brief); gerr != nil {
				return nil, gerr
			}
		case errors.As(err, &unready):
		default:
			return nil, err
		}
		poll := time.NewTimer(wait)
		select {
		case <-poll.C:
		case <-deadline.C:
			poll.Stop()
			return nil, err
		case <-ctx.Done():
			poll.Stop()
			return nil, ctx.Err()
		}
	}
}

// parseReport reads the report by column names: AWS has added columns before.
// Rows it cannot make sense of are left out; it fails only on a whole that is
// no report.
func parseReport(content []byte) (*CredentialReport, error) {
	in := csv.NewReader(bytes.NewReader(content))
	in.FieldsPerRecord = -1
	in.LazyQuotes = true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("credential report: %w", err)
	}
	columns := make(map[string]int, len(header))
	for i, name := range header {
		columns[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, needed := range []string{"arn", "user_creation_time"} {
		if _, ok := columns[needed]; !ok {
			return nil, fmt.Errorf("credential report has no column %q", needed)
		}
	}
	r := &CredentialReport{rows: map[string]*ReportRow{}}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("credential report: %w", err)
		}
		row := reportRecord{columns, record}
		if created := row.time("user_creation_time"); created != nil {
			r.rows[row.text("arn")] = row.parse(*created)
		}
	}
}

// reportRecord reads the fields of one line by column name.
type reportRecord struct {
	columns map[string]int
	fields  []string
}

func (r reportRecord) parse(created time.Time) *ReportRow {
	return &ReportRow{
		created:             created,
		passwordEnabled:     r.bool("password_enabled"),
		passwordLastUsed:    r.time("password_last_used"),
		passwordLastChanged: r.time("password_last_changed"),
		mfaActive:           r.bool("mfa_active"),
		keys:                r.slots("access_key_1_", "access_key_2_"),
		certs:               r.slots("cert_1_", "cert_2_"),
		more:                r.text("additional_credentials_info") != "",
	}
}

// slots returns the slots in use. A date of rotation says so even where the
// credential is inactive (observed; the documentation has it that only active
// ones keep it).
func (r reportRecord) slots(prefixes ...string) []reportSlot {
	slots := []reportSlot{}
	for _, prefix := range prefixes {
		active, rotated := r.bool(prefix+"active"), r.time(prefix+"last_rotated")
		if rotated == nil && (active == nil || !*active) {
			continue
		}
		slots = append(slots, reportSlot{
			active: active != nil && *active, rotated: rotated, lastUsed: r.time(prefix + "last_used_date"),
			service: r.text(prefix + "last_used_service"), region: r.text(prefix + "last_used_region"),
		})
	}
	return slots
}

// text returns a field, empty for each of the report's ways to say nothing.
func (r reportRecord) text(column string) string {
	i, ok := r.columns[column]
	if !ok || i >= len(r.fields) {
		return ""
	}
	switch s := strings.TrimSpace(r.fields[i]); strings.ToLower(s) {
	case "n/a", "no_information", "not_supported":
		return ""
	default:
		return s
	}
}

func (r reportRecord) time(column string) *time.Time {
	t, err := time.Parse(time.RFC3339, r.text(column))
	if err != nil {
		return nil
	}
	return UTC(&t)
}

func (r reportRecord) bool(column string) *bool {
	switch strings.ToLower(r.text(column)) {
	case "true":
		return aws.Bool(true)
	case "false":
		return aws.Bool(false)
	default:
		return nil
	}
}

// sameSecond compares times as the report prints them.
func sameSecond(a, b time.Time) bool { return a.Unix() == b.Unix() }

// UTC returns the time in the form in which everything is kept.
func UTC(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	u := t.UTC().Truncate(time.Second)
	return &u
}
