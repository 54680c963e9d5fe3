package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// tls wraps a listener; HTTP/2 is offered by ALPN.
func (f *serveFlags) tls(ln net.Listener) (net.Listener, error) {
	cert, err := tls.LoadX509KeyPair(f.tlsCert, f.tlsKey)
	if err != nil {
		_ = ln.Close() // the certificate is the error to report
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return tls.NewListener(ln, &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}), nil
}

// guard lets only the trusted proxy and this machine in, if there is a trusted
// proxy: behind it requests travel in clear, and anybody else's token would, too.
func (f *serveFlags) guard(h http.Handler) (http.Handler, error) {
	proxies, err := f.proxies()
	if err != nil || len(proxies) == 0 {
		return h, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if trusted(proxies, r.RemoteAddr) {
			h.ServeHTTP(w, r)
			return
		}
		http.Error(w, "connect through the proxy", http.StatusForbidden)
	}), nil
}

func trusted(proxies []netip.Prefix, remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	addr := peer.Addr().Unmap()
	if addr.IsLoopback() {
		return true
	}
	for _, p := range proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func trimSlash(url string) string { return strings.TrimRight(url, "/") }
