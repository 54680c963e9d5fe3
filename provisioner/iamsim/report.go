package iamsim

import (
	"encoding/base64"
	"encoding/csv"
	"strings"
	"time"
)

// The credential report:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html

func reportOperations() []operation {
	return []operation{
		{name: "GenerateCredentialReport", authorise: onAny, handle: generateCredentialReport},
		{name: "GetCredentialReport", authorise: onAny, handle: getCredentialReport},
	}
}

// reportLife is how long a report is served again instead of a new one.
const reportLife = 4 * time.Hour

// credentialReport is the cached report and the one being made. Making takes
// two further calls, of either action: the first finds it in progress.
type credentialReport struct {
	making  bool
	asked   bool
	content string
	at      time.Time
	next    string
	nextAt  time.Time
}

func (r *credentialReport) fresh(now time.Time) bool {
	return !r.at.IsZero() && now.Before(r.at.Add(reportLife))
}

// progress is one poll of a report being made; true once it is there.
func (r *credentialReport) progress() bool {
	if !r.making {
		return true
	}
	if !r.asked {
		r.asked = true
		return false
	}
	*r = credentialReport{content: r.next, at: r.nextAt}
	return true
}

func generateCredentialReport(c *call) (fields, error) {
	r := &c.report
	switch {
	case r.making:
		if !r.progress() {
			return fields{{"State", "INPROGRESS"}}, nil
		}
		return fields{{"State", "COMPLETE"}}, nil
	case r.fresh(c.at):
		return fields{{"State", "COMPLETE"}}, nil
	}
	*r = credentialReport{making: true, next: c.writeReport(), nextAt: c.at}
	return fields{{"State", "STARTED"}, {"Description", "No report exists. Starting a new report generation task"}}, nil
}

func getCredentialReport(c *call) (fields, error) {
	r := &c.report
	switch {
	case r.making && !r.progress():
		return nil, refuse("ReportInProgress", "The report is being generated.")
	case r.at.IsZero():
		return nil, refuse("ReportNotPresent", "No report exists. Use GenerateCredentialReport to create one.")
	case !r.fresh(c.at):
		return nil, refuse("ReportExpired", "The most recent report has expired. Use GenerateCredentialReport to create a new one.")
	}
	return fields{
		{"Content", base64.StdEncoding.EncodeToString([]byte(r.content))},
		{"ReportFormat", "text/csv"}, {"GeneratedTime", r.at},
	}, nil
}

var reportHeader = strings.Fields(`user arn user_creation_time password_enabled password_last_used
	password_last_changed password_next_rotation mfa_active
	access_key_1_active access_key_1_last_rotated access_key_1_last_used_date access_key_1_last_used_region access_key_1_last_used_service
	access_key_2_active access_key_2_last_rotated access_key_2_last_used_date access_key_2_last_used_region access_key_2_last_used_service
	cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated`)

// writeReport has the root user first and the others by name without regard to
// case, and no line feed at the end (observed).
func (c *call) writeReport() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	rows := [][]string{reportHeader, c.rootRow()}
	for _, u := range c.users.all(c.at) {
		rows = append(rows, c.userRow(u))
	}
	// A strings.Builder never fails to write.
	_ = w.WriteAll(rows)
	return strings.TrimSuffix(b.String(), "\n")
}

const (
	notApplicable = "N/A"
	noInformation = "no_information"
	notSupported  = "not_supported"
)

func (c *call) rootRow() []string {
	used := noInformation
	if !c.root.lastUsed.IsZero() {
		used = stamp(c.root.lastUsed)
	}
	row := []string{
		"<root_account>", c.rootARN(), stamp(c.root.created), "true", used, notSupported, notSupported,
		boolText(!c.root.mfa.IsZero()),
	}
	return append(append(row, keyColumns(c.root.keys)...), certificateColumns(nil)...)
}

func (c *call) userRow(u *User) []string {
	row := []string{u.Name, c.userARN(u), stamp(u.Created)}
	row = append(row, c.passwordColumns(u)...)
	row = append(row, boolText(len(u.MFA) > 0))
	row = append(row, keyColumns(u.Keys)...)
	return append(row, certificateColumns(u.Certificates)...)
}

func (c *call) passwordColumns(u *User) []string {
	if u.Login == nil {
		return []string{"false", notApplicable, notApplicable, notApplicable}
	}
	used, next := noInformation, notApplicable
	if !u.PasswordLastUsed.IsZero() {
		used = stamp(u.PasswordLastUsed)
	}
	if c.passwords != nil && c.passwords.maxAge > 0 {
		next = stamp(u.Login.Changed.AddDate(0, 0, c.passwords.maxAge))
	}
	return []string{"true", used, stamp(u.Login.Changed), next}
}

// keyColumns shows two keys. An inactive key keeps its dates (observed).
func keyColumns(keys []AccessKey) []string {
	var out []string
	for i := range 2 {
		if i >= len(keys) {
			out = append(out, "false", notApplicable, notApplicable, notApplicable, notApplicable)
			continue
		}
		k := keys[i]
		out = append(out, boolText(k.Status == active), stamp(k.Created))
		if k.LastUsed.IsZero() {
			out = append(out, notApplicable, notApplicable, notApplicable)
			continue
		}
		out = append(out, stamp(k.LastUsed), k.LastRegion, k.LastService)
	}
	return out
}

func certificateColumns(certs []Certificate) []string {
	var out []string
	for i := range 2 {
		if i >= len(certs) {
			out = append(out, "false", notApplicable)
			continue
		}
		out = append(out, boolText(certs[i].Status == active), stamp(certs[i].Uploaded))
	}
	return out
}
