import crypto from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const users = new Map();
const groups = new Map();

// refuseTwins is what an application has to do itself: user names are unique.
function refuseTwins(id, data) {
	for (const other of users.values()) {
		if (other.id !== id && String(other.userName).toLowerCase() === String(data.userName).toLowerCase()) {
			throw new SCIMMY.Types.Error(409, "uniqueness", "userName is taken");
		}
	}
}

// shown is a stored resource with what an application has to work out itself.
function shown(map, found) {
	if (map === groups) return {...found, members: found.members?.filter((m) => users.has(m.value))};
	const of = [...groups.values()].filter((g) => g.members?.some((m) => m.value === found.id));
	return {...found, groups: of.map((g) => ({value: g.id, display: g.displayName, type: "direct"}))};
}

function store(map) {
	return {
		ingress(resource, data) {
			const id = resource.id ?? crypto.randomUUID();
			if (map === users) refuseTwins(id, data);
			if (resource.id && !map.has(id)) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
			const now = new Date().toISOString();
			const old = map.get(id);
			const stored = {...JSON.parse(JSON.stringify(data)), id, meta: {resourceType: map === users ? "User" : "Group", created: old?.meta.created ?? now, lastModified: now}};
			map.set(id, stored);
			return shown(map, stored);
		},
		egress(resource) {
			if (!resource.id) {
				const all = [...map.values()].map((found) => shown(map, found));
				return resource.filter ? resource.filter.match(all) : all;
			}
			const found = map.get(resource.id);
			if (!found) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
			return shown(map, found);
		},
		degress(resource) {
			if (!map.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
		},
	};
}

SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false), store(users));
SCIMMY.Resources.declare(SCIMMY.Resources.Group, store(groups));
const app = express();
app.use("/scim/v2", new SCIMMYRouters({
	type: "bearer",
	handler(request) {
		const [scheme, token] = (request.header("Authorization") ?? "").split(" ");
		if (scheme.toLowerCase() !== "bearer" || token !== process.env.TOKEN) throw new Error("a token is needed");
		return "conformance";
	},
}));
const server = app.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
