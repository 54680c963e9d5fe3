package iamsim_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// device makes a virtual MFA device and returns its serial and seed.
func (l *lab) device(base string) (serial, seed string) {
	out, err := l.iam.CreateVirtualMFADevice(l.ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String(l.name(base))})
	if !l.ok(err) {
		return "", ""
	}
	return *out.VirtualMFADevice.SerialNumber, string(out.VirtualMFADevice.Base32StringSeed)
}

// passcode is RFC 6238 with SHA-1, six digits and steps of 30 seconds.
func passcode(seed string, at time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(seed, "="))
	if err != nil {
		return "000000"
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	at4 := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at4:])&0x7fffffff)%1e6)
}

func (l *lab) enable(user, serial, one, two string) error {
	_, err := l.iam.EnableMFADevice(l.ctx, &iam.EnableMFADeviceInput{UserName: &user, SerialNumber: &serial, AuthenticationCode1: &one, AuthenticationCode2: &two})
	return err
}

// enabledDevice gives the user a device and returns its serial.
func (l *lab) enabledDevice(user string) string {
	serial, seed := l.device("mfa")
	now := time.Now()
	l.ok(l.enable(user, serial, passcode(seed, now.Add(-30*time.Second)), passcode(seed, now)))
	return serial
}

func mfaCases() []contractCase {
	return []contractCase{
		{"CreateVirtualMFADevice", "what it answers", "API_CreateVirtualMFADevice", func(l *lab) {
			serial, seed := l.device("d")
			l.want(strings.Contains(serial, ":mfa/"), "serial %q", serial)
			l.want(len(seed) >= 32, "seed of %d characters", len(seed))
		}},
		{"CreateVirtualMFADevice", "an existing name", "API_CreateVirtualMFADevice", func(l *lab) {
			l.device("d")
			_, err := l.iam.CreateVirtualMFADevice(l.ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String(l.name("d"))})
			l.refused(err, "EntityAlreadyExists")
		}},
		{"EnableMFADevice", "with wrong codes", "API_EnableMFADevice", func(l *lab) {
			serial, _ := l.device("d")
			l.refused(l.enable(l.user("u"), serial, "000000", "000000"), "InvalidAuthenticationCode")
		}},
		{"EnableMFADevice", "with letters for a code", "API_EnableMFADevice", func(l *lab) {
			serial, _ := l.device("d")
			l.refused(l.enable(l.user("u"), serial, "abcdef", "123456"), "ValidationError")
		}},
		{"EnableMFADevice", "of another user", "API_EnableMFADevice", func(l *lab) {
			serial := l.enabledDevice(l.user("owner"))
			l.refused(l.enable(l.user("other"), serial, "123456", "654321"), "EntityAlreadyExists")
		}},
		{"ListMFADevices", "of one", "API_ListMFADevices", func(l *lab) {
			user := l.user("u")
			serial := l.enabledDevice(user)
			out, err := l.iam.ListMFADevices(l.ctx, &iam.ListMFADevicesInput{UserName: &user})
			l.want(l.ok(err) && len(out.MFADevices) == 1 && *out.MFADevices[0].SerialNumber == serial, "the device is not listed")
		}},
		{"DeleteVirtualMFADevice", "in use", "API_DeleteVirtualMFADevice", func(l *lab) {
			serial := l.enabledDevice(l.user("u"))
			_, err := l.iam.DeleteVirtualMFADevice(l.ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
			l.refused(err, "DeleteConflict")
		}},
		{"DeleteVirtualMFADevice", "deactivated", "API_DeleteVirtualMFADevice", func(l *lab) {
			user := l.user("u")
			serial := l.enabledDevice(user)
			_, err := l.iam.DeactivateMFADevice(l.ctx, &iam.DeactivateMFADeviceInput{UserName: &user, SerialNumber: &serial})
			l.ok(err)
			_, err = l.iam.DeleteVirtualMFADevice(l.ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
			l.ok(err)
		}},
		{"DeactivateMFADevice", "of none", "API_DeactivateMFADevice", func(l *lab) {
			serial, _ := l.device("d")
			_, err := l.iam.DeactivateMFADevice(l.ctx, &iam.DeactivateMFADeviceInput{UserName: aws.String(l.user("u")), SerialNumber: &serial})
			l.refused(err, "NoSuchEntity")
		}},
		{"ListVirtualMFADevices", "assigned", "API_ListVirtualMFADevices", func(l *lab) {
			user := l.user("u")
			serial, unused := l.enabledDevice(user), ""
			unused, _ = l.device("unused")
			found := map[string]string{}
			pages := iam.NewListVirtualMFADevicesPaginator(l.iam, &iam.ListVirtualMFADevicesInput{AssignmentStatus: iamtypes.AssignmentStatusTypeAssigned})
			for pages.HasMorePages() {
				page, err := pages.NextPage(l.ctx)
				if !l.ok(err) {
					return
				}
				for _, d := range page.VirtualMFADevices {
					found[*d.SerialNumber] = "root"
					if d.User != nil {
						found[*d.SerialNumber] = aws.ToString(d.User.UserName)
					}
				}
			}
			l.want(found[serial] == user && found[unused] == "", "wrong selection")
		}},
		{"GetMFADevice", "of one", "API_GetMFADevice", func(l *lab) {
			user := l.user("u")
			serial := l.enabledDevice(user)
			out, err := l.iam.GetMFADevice(l.ctx, &iam.GetMFADeviceInput{SerialNumber: &serial, UserName: &user})
			l.want(l.ok(err) && *out.UserName == user && out.EnableDate != nil, "the device is not answered")
		}},
	}
}

// rsaKeys are made once: they are slow, and six are enough.
var rsaKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 6)
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// sshBody is the public key in the format of RFC 4253.
func sshBody(key *rsa.PrivateKey) string {
	var blob []byte
	for _, part := range [][]byte{[]byte("ssh-rsa"), big.NewInt(int64(key.E)).Bytes(), append([]byte{0}, key.N.Bytes()...)} {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(part)))
		blob = append(blob, part...)
	}
	return "ssh-rsa " + base64.StdEncoding.EncodeToString(blob)
}

func (l *lab) uploadSSH(user string, key int) error {
	_, err := l.iam.UploadSSHPublicKey(l.ctx, &iam.UploadSSHPublicKeyInput{UserName: &user, SSHPublicKeyBody: aws.String(sshBody(rsaKeys()[key]))})
	return err
}

func sshCases() []contractCase {
	return []contractCase{
		{"UploadSSHPublicKey", "what it answers", "API_SSHPublicKey", func(l *lab) {
			out, err := l.iam.UploadSSHPublicKey(l.ctx, &iam.UploadSSHPublicKeyInput{UserName: aws.String(l.user("u")), SSHPublicKeyBody: aws.String(sshBody(rsaKeys()[0]))})
			l.want(l.ok(err) && strings.HasPrefix(*out.SSHPublicKey.SSHPublicKeyId, "APKA") && len(*out.SSHPublicKey.Fingerprint) == 47, "id or fingerprint")
		}},
		{"UploadSSHPublicKey", "no key", "API_UploadSSHPublicKey", func(l *lab) {
			_, err := l.iam.UploadSSHPublicKey(l.ctx, &iam.UploadSSHPublicKeyInput{UserName: aws.String(l.user("u")), SSHPublicKeyBody: aws.String("ssh-rsa nonsense")})
			l.refused(err, "InvalidPublicKey")
		}},
		{"UploadSSHPublicKey", "twice", "API_UploadSSHPublicKey", func(l *lab) {
			user := l.user("u")
			l.ok(l.uploadSSH(user, 0))
			l.refused(l.uploadSSH(user, 0), "DuplicateSSHPublicKey")
		}},
		{"UploadSSHPublicKey", "a sixth key", pageQuotas, func(l *lab) {
			user := l.user("u")
			for i := range 5 {
				l.ok(l.uploadSSH(user, i))
			}
			l.refused(l.uploadSSH(user, 5), "LimitExceeded")
		}},
		{"UpdateSSHPublicKey", "of none", "API_UpdateSSHPublicKey", func(l *lab) {
			_, err := l.iam.UpdateSSHPublicKey(l.ctx, &iam.UpdateSSHPublicKeyInput{UserName: aws.String(l.user("u")), SSHPublicKeyId: aws.String("APKAAAAAAAAAAAAAAAAA"), Status: "Inactive"})
			l.refused(err, "NoSuchEntity")
		}},
		{"DeleteSSHPublicKey", "of none", "API_DeleteSSHPublicKey", func(l *lab) {
			_, err := l.iam.DeleteSSHPublicKey(l.ctx, &iam.DeleteSSHPublicKeyInput{UserName: aws.String(l.user("u")), SSHPublicKeyId: aws.String("APKAAAAAAAAAAAAAAAAA")})
			l.refused(err, "NoSuchEntity")
		}},
		{"ListSSHPublicKeys", "of one", "API_ListSSHPublicKeys", func(l *lab) {
			user := l.user("u")
			l.ok(l.uploadSSH(user, 1))
			out, err := l.iam.ListSSHPublicKeys(l.ctx, &iam.ListSSHPublicKeysInput{UserName: &user})
			l.want(l.ok(err) && len(out.SSHPublicKeys) == 1 && out.SSHPublicKeys[0].Status == "Active", "the key is not listed")
		}},
	}
}

// uploadCertificate uploads a self-signed certificate; the number tells them apart.
func (l *lab) uploadCertificate(user string, number int) error {
	key := rsaKeys()[0]
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(l.number*10 + number + 1)), Subject: pkix.Name{CommonName: user},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour * 24 * 365),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	body := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	_, err = l.iam.UploadSigningCertificate(l.ctx, &iam.UploadSigningCertificateInput{UserName: &user, CertificateBody: &body})
	return err
}

func certificateCases() []contractCase {
	return []contractCase{
		{"UploadSigningCertificate", "no certificate", "API_UploadSigningCertificate", func(l *lab) {
			_, err := l.iam.UploadSigningCertificate(l.ctx, &iam.UploadSigningCertificateInput{UserName: aws.String(l.user("u")), CertificateBody: aws.String("nonsense")})
			l.refused(err, "MalformedCertificate")
		}},
		{"UploadSigningCertificate", "a third certificate", pageQuotas, func(l *lab) {
			user := l.user("u")
			l.ok(l.uploadCertificate(user, 0))
			l.ok(l.uploadCertificate(user, 1))
			l.refused(l.uploadCertificate(user, 2), "LimitExceeded")
		}},
		{"ListSigningCertificates", "of one", "API_ListSigningCertificates", func(l *lab) {
			user := l.user("u")
			l.ok(l.uploadCertificate(user, 0))
			out, err := l.iam.ListSigningCertificates(l.ctx, &iam.ListSigningCertificatesInput{UserName: &user})
			l.want(l.ok(err) && len(out.Certificates) == 1 && out.Certificates[0].Status == "Active", "the certificate is not listed")
		}},
		{"DeleteSigningCertificate", "of none", "API_DeleteSigningCertificate", func(l *lab) {
			_, err := l.iam.DeleteSigningCertificate(l.ctx, &iam.DeleteSigningCertificateInput{UserName: aws.String(l.user("u")), CertificateId: aws.String("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")})
			l.refused(err, "NoSuchEntity")
		}},
	}
}

const codeCommit = "codecommit.amazonaws.com"

func (l *lab) serviceCredential(user string) error {
	_, err := l.iam.CreateServiceSpecificCredential(l.ctx, &iam.CreateServiceSpecificCredentialInput{UserName: &user, ServiceName: aws.String(codeCommit)})
	return err
}

func serviceCredentialCases() []contractCase {
	return []contractCase{
		{"CreateServiceSpecificCredential", "what it answers", "API_ServiceSpecificCredential", func(l *lab) {
			user := l.user("u")
			out, err := l.iam.CreateServiceSpecificCredential(l.ctx, &iam.CreateServiceSpecificCredentialInput{UserName: &user, ServiceName: aws.String(codeCommit)})
			l.want(l.ok(err) && strings.HasPrefix(*out.ServiceSpecificCredential.ServiceSpecificCredentialId, "ACCA") &&
				strings.HasPrefix(*out.ServiceSpecificCredential.ServiceUserName, user), "id or user name")
		}},
		{"CreateServiceSpecificCredential", "a third one of a service", pageQuotas, func(l *lab) {
			user := l.user("u")
			l.ok(l.serviceCredential(user))
			l.ok(l.serviceCredential(user))
			l.refused(l.serviceCredential(user), "LimitExceeded")
		}},
		{"CreateServiceSpecificCredential", "of an unknown service", "API_CreateServiceSpecificCredential", func(l *lab) {
			_, err := l.iam.CreateServiceSpecificCredential(l.ctx, &iam.CreateServiceSpecificCredentialInput{UserName: aws.String(l.user("u")), ServiceName: aws.String("none.amazonaws.com")})
			l.refused(err, "NotSupportedService")
		}},
		{"ListServiceSpecificCredentials", "of all users", "API_ListServiceSpecificCredentials", func(l *lab) {
			user := l.user("u")
			l.ok(l.serviceCredential(user))
			in := &iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true)}
			for {
				out, err := l.iam.ListServiceSpecificCredentials(l.ctx, in)
				if !l.ok(err) {
					return
				}
				for _, c := range out.ServiceSpecificCredentials {
					if *c.UserName == user {
						return
					}
				}
				if in.Marker = out.Marker; !out.IsTruncated {
					l.failf("the credential is not listed")
					return
				}
			}
		}},
		{"DeleteServiceSpecificCredential", "of none", "API_DeleteServiceSpecificCredential", func(l *lab) {
			_, err := l.iam.DeleteServiceSpecificCredential(l.ctx, &iam.DeleteServiceSpecificCredentialInput{UserName: aws.String(l.user("u")), ServiceSpecificCredentialId: aws.String("ACCAAAAAAAAAAAAAAAAAA")})
			l.refused(err, "NoSuchEntity")
		}},
	}
}
