package iamsim

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
)

func certificateOperations() []operation {
	return []operation{
		{name: "ListSigningCertificates", takes: "UserName Marker MaxItems", authorise: onUser, handle: listSigningCertificates},
		{name: "UploadSigningCertificate", needs: "CertificateBody", takes: "UserName", authorise: onUser, handle: uploadSigningCertificate},
		{name: "UpdateSigningCertificate", needs: "CertificateId Status", takes: "UserName", authorise: onUser, handle: updateSigningCertificate},
		{name: "DeleteSigningCertificate", needs: "CertificateId", takes: "UserName", authorise: onUser, handle: deleteSigningCertificate},
	}
}

const certificatesPerUser = 2

func (u *User) certificate(id string) int {
	return slices.IndexFunc(u.Certificates, func(k Certificate) bool { return k.ID == id })
}

func noSuchCertificate(c *call) error {
	return refuse("NoSuchEntity", "The Certificate with id %s cannot be found.", c.get("CertificateId"))
}

func certificateFields(u *User, k Certificate) fields {
	return fields{
		{"UserName", u.Name}, {"CertificateId", k.ID}, {"CertificateBody", k.Body}, {"Status", k.Status}, {"UploadDate", k.Uploaded},
	}
}

func listSigningCertificates(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	return c.listPage("Certificates", inOrder(u.Certificates, func(k Certificate) fields { return certificateFields(u, k) }))
}

func uploadSigningCertificate(c *call) (fields, error) {
	body := strings.TrimSpace(c.get("CertificateBody"))
	block, _ := pem.Decode([]byte(body))
	if block == nil {
		return nil, refuse("MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format.")
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return nil, refuse("MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format.")
	}
	var out fields
	err := c.changeUser(func(u *User) error {
		if slices.ContainsFunc(u.Certificates, func(k Certificate) bool { return k.Body == body }) {
			return refuse("DuplicateCertificate", "The certificate already exists.")
		}
		if len(u.Certificates) >= certificatesPerUser {
			return overLimit("CertificatesPerUser", certificatesPerUser)
		}
		k := Certificate{c.newID("", 32), body, active, c.at}
		u.Certificates = append(u.Certificates, k)
		out = certificateFields(u, k)
		return nil
	})
	return fields{{"Certificate", out}}, err
}

func updateSigningCertificate(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error {
		i := u.certificate(c.get("CertificateId"))
		if i < 0 {
			return noSuchCertificate(c)
		}
		if err := c.newStatus(); err != nil {
			return err
		}
		u.Certificates[i].Status = c.get("Status")
		return nil
	})
}

func deleteSigningCertificate(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error {
		i := u.certificate(c.get("CertificateId"))
		if i < 0 {
			return noSuchCertificate(c)
		}
		u.Certificates = slices.Delete(u.Certificates, i, i+1)
		return nil
	})
}
