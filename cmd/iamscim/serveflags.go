package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"iamscim/scim/auth"
)

// serveFlags are the settings of serve.
type serveFlags struct {
	log   logFlags
	aws   awsFlags
	sim   simFlags
	data  dataFlags
	write writeFlags

	demo         bool
	printConfig  bool
	listen       string
	publicURL    string
	tlsCert      string
	tlsKey       string
	trustedProxy []string
	insecure     bool
	interval     span
	history      span
	display      string
	profile      string
	rate         rates
	okta         bool
	drafts       bool
	metrics      string
}

// dataFlags are shared by all commands that touch the data directory.
type dataFlags struct {
	dir    string
	chosen bool // by whoever runs it, not by default
}

func (f *dataFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "data-dir", "./data", "directory of the databases, 0700; one server owns it")
}

func (f *serveFlags) add(cmd *cobra.Command) {
	f.log.add(cmd)
	f.data.add(cmd)
	f.aws.add(cmd)
	f.sim.add(cmd)
	f.write.add(cmd)
	f.interval, f.history = span(5*time.Minute), span(400*24*time.Hour)
	f.rate = rates{reads: 200, writes: 25}
	flags := cmd.Flags()
	flags.BoolVar(&f.demo, "demo", false, "serve a simulated AWS account: no AWS account, no configuration, no network")
	flags.BoolVar(&f.printConfig, "print-config", false, "print the effective configuration, secrets masked, and stop")
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "address; any but a loopback one needs --public-url and TLS, --trusted-proxy or --insecure")
	flags.StringVar(&f.publicURL, "public-url", "", "what clients call this server; base of meta.location and $ref (from the request on loopback)")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "PEM file of the certificate chain; serves HTTPS, with --tls-key")
	flags.StringVar(&f.tlsKey, "tls-key", "", "PEM file of the private key")
	flags.StringSliceVar(&f.trustedProxy, "trusted-proxy", nil, "networks (CIDR) of the proxy that ends TLS; connections from elsewhere are refused")
	flags.BoolVar(&f.insecure, "insecure", false, "serve plain HTTP on any address")
	flags.Var(&f.interval, "refresh-interval", "time between observations, with jitter")
	flags.Var(&f.history, "history", "how long past generations are kept")
	flags.StringVar(&f.profile, "profile", auth.Lenient, "profile of tokens that have none: lenient, or strict (the RFCs by the letter, and the SCIM interoperability profile)")
	flags.Var(&f.rate, "rate", "SCIM reads and writes per second of each token, twice that at once; or off (off in the demo)")
	flags.BoolVar(&f.okta, "okta-entitlements", false, "serve policies and roles once more under Okta's schemas, at /ManagedPolicies and /IAMRoles")
	flags.BoolVar(&f.drafts, "draft-features", false, "serve what only Internet-Drafts describe; clients with fixed schemas may refuse ServiceProviderConfig then")
	flags.StringVar(&f.metrics, "metrics-listen", "", "another address, for /metrics alone and without a token")
	flags.StringVar(&f.display, "member-display", "request", "when members carry display: request or always")
}

// validate reports every problem at once, as a usage error.
func (f *serveFlags) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		bad("--listen: %w", err)
	}
	if (f.tlsCert == "") != (f.tlsKey == "") {
		bad("--tls-cert and --tls-key go together")
	}
	if err == nil && !isLoopback(host) && !f.insecure {
		if f.publicURL == "" {
			bad("--listen %s is no loopback address: --public-url must say how clients reach it", f.listen)
		}
		if f.tlsCert == "" && len(f.trustedProxy) == 0 {
			bad("--listen %s is no loopback address: tokens must not travel in clear, so give --tls-cert and --tls-key, or --trusted-proxy, or --insecure", f.listen)
		}
	}
	if err == nil && !isLoopback(host) && f.publicURL == "" && f.insecure {
		bad("--insecure also needs --public-url")
	}
	if u, err := url.Parse(f.publicURL); f.publicURL != "" && (err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http")) {
		bad("--public-url: %q is no http or https URL", f.publicURL)
	}
	if _, err := f.proxies(); err != nil {
		errs = append(errs, err)
	}
	if f.display != "request" && f.display != "always" {
		bad("--member-display: %q is neither request nor always", f.display)
	}
	if f.profile != auth.Lenient && f.profile != auth.Strict {
		bad("--profile: %q is neither %s nor %s", f.profile, auth.Lenient, auth.Strict)
	}
	if _, _, err := net.SplitHostPort(f.metrics); f.metrics != "" && err != nil {
		bad("--metrics-listen: %w", err)
	}
	if d := time.Duration(f.interval); d < 10*time.Second {
		bad("--refresh-interval: %s is shorter than 10s", d)
	}
	if err := errors.Join(append(errs, f.write.validate())...); err != nil {
		return usageError{err}
	}
	return nil
}

func (f *serveFlags) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range f.trustedProxy {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxy: %q is no network such as 10.0.0.0/16", text)
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}
