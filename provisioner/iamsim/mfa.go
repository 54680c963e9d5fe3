package iamsim

import (
	"crypto/hmac"
	"crypto/sha1" // RFC 6238 with SHA-1 is what AWS's devices use
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

func mfaOperations() []operation {
	codes := " AuthenticationCode1 AuthenticationCode2"
	return []operation{
		{name: "ListMFADevices", takes: "UserName Marker MaxItems", authorise: onUser, handle: listMFADevices},
		{name: "GetMFADevice", needs: "SerialNumber", takes: "UserName", authorise: onUser, handle: getMFADevice},
		{name: "ListVirtualMFADevices", takes: "AssignmentStatus Marker MaxItems", authorise: onAny, handle: listVirtualMFADevices},
		{name: "CreateVirtualMFADevice", needs: "VirtualMFADeviceName", takes: "Path Tags", authorise: onNewDevice, handle: createVirtualMFADevice},
		{name: "DeleteVirtualMFADevice", needs: "SerialNumber", authorise: onDevice, handle: deleteVirtualMFADevice},
		{name: "EnableMFADevice", needs: "UserName SerialNumber" + codes, authorise: onUser, handle: enableMFADevice},
		{name: "ResyncMFADevice", needs: "UserName SerialNumber" + codes, authorise: onUser, handle: resyncMFADevice},
		{name: "DeactivateMFADevice", needs: "SerialNumber", takes: "UserName", authorise: onUser, handle: deactivateMFADevice},
	}
}

const mfaPerUser = 8

func noSuchDevice(serial string) *apiError {
	return refuse("NoSuchEntity", "VirtualMFADevice with serial number %s doesn't exist.", serial)
}

// rootDevice is the serial of the root user's virtual device.
func (a *Account) rootDevice() string { return a.arn("mfa/root-account-mfa-device") }

func (u *User) device(serial string) int {
	return slices.IndexFunc(u.MFA, func(m MFADevice) bool { return m.Serial == serial })
}

func listMFADevices(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	return c.listPage("MFADevices", inOrder(u.MFA, func(m MFADevice) fields {
		return fields{{"UserName", u.Name}, {"SerialNumber", m.Serial}, {"EnableDate", m.Enabled}}
	}))
}

func getMFADevice(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	i := u.device(c.get("SerialNumber"))
	if i < 0 {
		return nil, refuse("NoSuchEntity", "MFA Device invalid for user.")
	}
	return fields{{"UserName", u.Name}, {"SerialNumber", u.MFA[i].Serial}, {"EnableDate", u.MFA[i].Enabled}}, nil
}

// assigned maps serials to the users that have them.
func (c *call) assigned() map[string]*User {
	out := map[string]*User{}
	for _, u := range c.users.all(c.at) {
		for _, m := range u.MFA {
			out[m.Serial] = u
		}
	}
	return out
}

// listVirtualMFADevices shows the root user's device as one whose User has only
// an ARN and an id (observed).
func listVirtualMFADevices(c *call) (fields, error) {
	owners := c.assigned()
	var items []item
	if c.get("AssignmentStatus") != "Unassigned" && !c.root.mfa.IsZero() {
		serial := c.rootDevice()
		items = append(items, item{strings.ToLower(serial), func() fields {
			return fields{{"SerialNumber", serial}, {"EnableDate", c.root.mfa}, {"User", fields{
				{"UserId", c.cfg.AccountID}, {"Arn", c.rootARN()}, {"CreateDate", c.root.created}, {"PasswordLastUsed", c.root.lastUsed},
			}}}
		}})
	}
	for _, d := range c.devices.all(c.at) {
		owner := owners[d.Serial]
		if c.get("AssignmentStatus") == "Assigned" && owner == nil || c.get("AssignmentStatus") == "Unassigned" && owner != nil {
			continue
		}
		items = append(items, item{strings.ToLower(d.Serial), func() fields { return c.deviceFields(d, owner) }})
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.key, b.key) })
	return c.listPage("VirtualMFADevices", items)
}

func (c *call) deviceFields(d *VirtualDevice, owner *User) fields {
	out := fields{{"SerialNumber", d.Serial}}
	if owner == nil {
		return out
	}
	return append(out, field{"EnableDate", owner.MFA[owner.device(d.Serial)].Enabled}, field{"User", c.userFields(owner)})
}

func onNewDevice(c *call) []need {
	return c.creating(c.arn("mfa"+c.pathOr("Path", "/")+c.get("VirtualMFADeviceName")), "iam:TagMFADevice")
}

func createVirtualMFADevice(c *call) (fields, error) {
	serial := c.arn("mfa" + c.pathOr("Path", "/") + c.get("VirtualMFADeviceName"))
	if c.devices.taken(serial) != nil {
		return nil, refuse("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
	}
	// The quota of virtual devices is that of users (IAM User Guide, "IAM and
	// AWS STS quotas").
	if c.devices.size() >= c.cfg.UserLimit {
		return nil, overLimit("VirtualMFADevicesPerAccount", c.cfg.UserLimit)
	}
	tags, err := c.newTags()
	if err != nil {
		return nil, err
	}
	d := c.newDevice(serial)
	d.Tags = tags
	c.devices.put(d, c.until)
	return fields{{"VirtualMFADevice", fields{
		{"SerialNumber", d.Serial},
		{"Base32StringSeed", base64.StdEncoding.EncodeToString([]byte(d.Seed))},
		{"QRCodePNG", base64.StdEncoding.EncodeToString(onePixel)},
		{"Tags", some(tagList(tags))},
	}}}, nil
}

// onePixel stands for the picture of a QR code.
var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU" +
	"\x00\x00\x00\nIDATx\x9cc\xf8\x0f\x00\x01\x01\x01\x00\x1b\xb6\xeeV\x00\x00\x00\x00IEND\xaeB`\x82")

func (a *Account) newDevice(serial string) *VirtualDevice {
	return &VirtualDevice{Serial: serial, Created: a.now(), Seed: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(a.randomBytes(40))}
}

func (c *call) changeDevice(change func(*VirtualDevice) error) error {
	d := c.devices.find(c.get("SerialNumber"), c.at)
	if d == nil || c.devices.current(d.Serial) == nil {
		return noSuchDevice(c.get("SerialNumber"))
	}
	next := *c.devices.current(d.Serial)
	next.Tags = slices.Clone(next.Tags)
	if err := change(&next); err != nil {
		return err
	}
	c.devices.put(&next, c.until)
	return nil
}

// deleteVirtualMFADevice wants the device deactivated first
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html).
func deleteVirtualMFADevice(c *call) (fields, error) {
	serial := c.get("SerialNumber")
	d := c.devices.find(serial, c.at)
	if d == nil {
		return nil, noSuchDevice(serial)
	}
	if c.holderOf(d.Serial) != nil {
		return nil, refuse("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
	}
	c.devices.remove(d.Serial, c.until)
	return nil, nil
}

// holderOf returns the user who really has the device.
func (c *call) holderOf(serial string) *User {
	for _, x := range c.users.cells {
		if x.now != nil && x.now.device(serial) >= 0 {
			return x.now
		}
	}
	return nil
}

func enableMFADevice(c *call) (fields, error) {
	serial := c.get("SerialNumber")
	return nil, c.changeUser(func(u *User) error {
		if c.holderOf(serial) != nil {
			return refuse("EntityAlreadyExists", "MFA Device is already in use.")
		}
		if len(u.MFA) >= mfaPerUser {
			return overLimit("MFADevicesPerUser", mfaPerUser)
		}
		if err := c.checkCodes(serial); err != nil {
			return err
		}
		u.MFA = append(u.MFA, MFADevice{serial, c.at})
		return nil
	})
}

func resyncMFADevice(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	if u.device(c.get("SerialNumber")) < 0 {
		return nil, refuse("NoSuchEntity", "MFA Device invalid for user.")
	}
	return nil, c.checkCodes(c.get("SerialNumber"))
}

// checkCodes wants two consecutive codes of a virtual device. Of a hardware
// device nothing is known, so any two different codes will do.
func (c *call) checkCodes(serial string) error {
	one, two := c.get("AuthenticationCode1"), c.get("AuthenticationCode2")
	wrong := refuse("InvalidAuthenticationCode", "Authentication code for device is not valid.")
	if one == two {
		return wrong
	}
	if !strings.HasPrefix(serial, "arn:") {
		return nil
	}
	d := c.devices.find(serial, c.at)
	if d == nil {
		return noSuchDevice(serial)
	}
	for step := -codeWindow; step <= codeWindow; step++ {
		at := c.at.Add(time.Duration(step) * codeStep)
		if oneTimeCode(d.Seed, at) == one && oneTimeCode(d.Seed, at.Add(codeStep)) == two {
			return nil
		}
	}
	return wrong
}

const (
	codeStep   = 30 * time.Second
	codeWindow = 10 // steps of drift that are forgiven
)

// oneTimeCode is RFC 6238 §4 with six digits.
func oneTimeCode(seed string, at time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed)
	if err != nil {
		return ""
	}
	counter := binary.BigEndian.AppendUint64(nil, uint64(at.Unix())/30)
	h := hmac.New(sha1.New, key)
	h.Write(counter)
	sum := h.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

func deactivateMFADevice(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error {
		i := u.device(c.get("SerialNumber"))
		if i < 0 {
			return refuse("NoSuchEntity", "MFA Device invalid for user.")
		}
		u.MFA = slices.Delete(u.MFA, i, i+1)
		return nil
	})
}

// AddVirtualDevice makes a virtual device of that name, unassigned, and returns
// its serial number; put that into User.MFA to assign it.
func (a *Account) AddVirtualDevice(name string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.newDevice(a.arn("mfa/" + name))
	a.devices.put(d, time.Time{})
	return d.Serial
}
