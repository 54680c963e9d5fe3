package iamsim

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An answer is a tree of fields, written as the Query protocol's XML
// (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html). Values are
// string, bool, int, time.Time, fields, list, entries or raw; nil and the zero
// time are left out.

type field struct {
	name  string
	value any
}

type fields []field

// list is a sequence of <member> elements.
type list []any

// raw is XML that is already rendered.
type raw []byte

// entries is a map, written as <entry><key/><value/></entry>.
type entries []entry

type entry struct {
	key   string
	value int
}

// opt leaves an empty string out.
func opt(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// some leaves an empty list out.
func some(l list) any {
	if len(l) == 0 {
		return nil
	}
	return l
}

func each[T any](items []T, render func(T) any) list {
	out := make(list, 0, len(items))
	for _, it := range items {
		out = append(out, render(it))
	}
	return out
}

func writeFields(b *bytes.Buffer, fs fields) {
	for _, f := range fs {
		writeElement(b, f.name, f.value)
	}
}

func writeElement(b *bytes.Buffer, name string, value any) {
	if t, ok := value.(time.Time); value == nil || ok && t.IsZero() {
		return
	}
	b.WriteString("<" + name + ">")
	switch v := value.(type) {
	case string:
		escape(b, v)
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int:
		b.WriteString(strconv.Itoa(v))
	case time.Time:
		b.WriteString(stamp(v))
	case fields:
		writeFields(b, v)
	case list:
		for _, m := range v {
			writeElement(b, "member", m)
		}
	case raw:
		b.Write(v)
	case entries:
		for _, e := range v {
			writeElement(b, "entry", fields{{"key", e.key}, {"value", e.value}})
		}
	default:
		panic(fmt.Sprintf("iamsim: no XML form for %T", value))
	}
	b.WriteString("</" + name + ">")
}

func escape(b *bytes.Buffer, s string) {
	if !strings.ContainsAny(s, "<>&'\"\t\n\r") && isPrintable(s) {
		b.WriteString(s)
		return
	}
	// A bytes.Buffer never fails to write.
	_ = xml.EscapeText(b, []byte(s))
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 {
			return false
		}
	}
	return true
}

func render(fs fields) raw {
	var b bytes.Buffer
	writeFields(&b, fs)
	return b.Bytes()
}

// stamp is the date format of the Query protocol.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// encodeDocument percent-encodes a policy document after RFC 3986, as every
// read of a policy answers it
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html).
func encodeDocument(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

var namespaces = map[string]string{
	"iam": "https://iam.amazonaws.com/doc/2010-05-08/",
	"sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}

// answer renders a success of the named action. An action without any output
// in AWS's model has a nil result; one with an empty output has an empty element.
func answer(service, action, requestID string, result fields) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%sResponse xmlns=%q>", action, namespaces[service])
	if result != nil {
		writeElement(&b, action+"Result", result)
	}
	writeElement(&b, "ResponseMetadata", fields{{"RequestId", requestID}})
	fmt.Fprintf(&b, "</%sResponse>", action)
	return b.Bytes()
}

// refusal renders an error.
func refusal(service, requestID string, e *apiError) []byte {
	var b bytes.Buffer
	kind := "Sender"
	if e.status >= 500 {
		kind = "Receiver"
	}
	fmt.Fprintf(&b, "<ErrorResponse xmlns=%q>", namespaces[service])
	writeElement(&b, "Error", fields{{"Type", kind}, {"Code", e.code}, {"Message", e.message}})
	writeElement(&b, "RequestId", requestID)
	b.WriteString("</ErrorResponse>")
	return b.Bytes()
}
