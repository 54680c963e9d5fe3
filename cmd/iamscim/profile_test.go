package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ask sends one request with a token.
func ask(t *testing.T, client *http.Client, token, method, url, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// TestClientSettings: what the flags for clients promise is served.
func TestClientSettings(t *testing.T) {
	dir, metrics := dataDir(t), freeAddress(t)
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "20", "--listen", "127.0.0.1:0", "--data-dir", dir,
		"--okta-entitlements", "--draft-features", "--rate", "1000,2", "--metrics-listen", metrics)
	base, first := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	var users listResponse
	get(t, first, base+"/Users?count=1", &users)
	id := users.Resources[0].ID

	status, out, stderr := command(t, nil, "token", "create", "--data-dir", dir, "--name", "idp", "--scopes", "read,write",
		"--profile", "strict", "--user", id, "--json")
	var record tokenRecord
	if err := json.Unmarshal([]byte(out), &record); status != exitOK || err != nil || record.Profile != "strict" || record.UserID != id {
		t.Fatalf("status %d, %v: %s%s", status, err, out, stderr)
	}
	var me struct{ ID string }
	if status := get(t, record.Token, base+"/Me", &me); status != http.StatusOK || me.ID != id {
		t.Errorf("/Me: status %d, %+v", status, me)
	}
	pathless := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"title":"x"}}]}`
	var last *http.Response
	for range 5 {
		last = ask(t, http.DefaultClient, record.Token, http.MethodPatch, base+"/Users/"+id, pathless)
		if last.StatusCode != http.StatusBadRequest {
			break
		}
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") != "1" || last.Header.Get("X-Rate-Limit-Limit") != "4" {
		t.Errorf("five writes at once: status %d, %v", last.StatusCode, last.Header)
	}
	for path, want := range map[string]int{"/ManagedPolicies": 200, "/IAMRoles": 200, "/Users/.deltaToken": 200} {
		if status := get(t, first, base+path, nil); status != want {
			t.Errorf("%s: status %d", path, status)
		}
	}
	for path, want := range map[string]int{"/metrics": 200, "/health": 404, "/scim/v2/Users": 404} {
		if status := get(t, first, "http://"+metrics+path, nil); status != want {
			t.Errorf("metrics listener, %s: status %d", path, status)
		}
	}
}

// freeAddress is a loopback address that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// TestHTTP2 serves HTTPS with a certificate of its own making: HTTP/2 for whom
// offers it, HTTP/1.1 for others, and nothing older than TLS 1.2.
func TestHTTP2(t *testing.T) {
	certFile, keyFile, pool := selfSigned(t)
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "20", "--listen", "127.0.0.1:0",
		"--tls-cert", certFile, "--tls-key", keyFile)
	base, token := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	if !strings.HasPrefix(base, "https://") {
		t.Fatalf("base URL %s", base)
	}
	for protocol, h2 := range map[string]bool{"HTTP/2.0": true, "HTTP/1.1": false} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: h2}
		t.Cleanup(transport.CloseIdleConnections)
		resp := ask(t, &http.Client{Transport: transport}, token, http.MethodGet, base+"/Users?count=20", "")
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || resp.Proto != protocol || !strings.Contains(string(body), base+"/Users/") {
			t.Errorf("%s: status %d by %s, %v: %.200s", protocol, resp.StatusCode, resp.Proto, err, body)
		}
	}
	old := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	conn, err := (&tls.Dialer{Config: old}).DialContext(t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(base, "https://"), "/scim/v2"))
	if err == nil {
		conn.Close()
		t.Error("TLS 1.1 is accepted")
	}
}

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", pkcs8), pool
}
