-- /etc/haproxy/sessiond-check.lua - `http-request lua.sessiond_check RULE` asks sessiond about the request at hand.
-- Sets txn.check_status ("200": yes; absent: no answer), txn.check_location and txn.check_cookie, and on a yes the
-- request's headers that say who it is. Replace the two lines below.

local SESSIOND = "http://127.0.0.1:8080"
-- The Host is the tenant: that of the deployment, not the application's.
local DEPLOYMENT = "auth.example.com"

local SAYS = {
	"x-user-id", "x-impersonated-by", "x-organization-id", "x-organization-roles", "x-organization-permissions",
	"x-workspace-id", "x-workspace-roles", "x-workspace-permissions", "x-session-token",
}

-- HAProxy's lists of values begin at 0.
local function values_of(headers, name)
	local values = {}
	for i = 0, #(headers[name] or {}) do
		if headers[name] and headers[name][i] then values[#values + 1] = headers[name][i] end
	end
	return values
end

local function only(headers, name)
	return values_of(headers, name)[1]
end

local function question(txn)
	local asked = txn.http:req_get_headers()
	local headers = {
		["host"] = { DEPLOYMENT },
		["x-forwarded-for"] = { txn.f:src() },
		["x-forwarded-proto"] = { "https" },
		["x-forwarded-host"] = values_of(asked, "host"),
		["x-forwarded-uri"] = { txn.f:pathq() },
	}
	for _, name in ipairs({ "cookie", "sec-fetch-mode", "user-agent", "x-development-session" }) do
		local values = values_of(asked, name)
		if #values > 0 then headers[name] = values end
	end
	return headers
end

core.register_action("sessiond_check", { "http-req" }, function(txn, rule)
	local answer = core.httpclient():get({ url = SESSIOND .. "/session/check?" .. rule, headers = question(txn), timeout = 5000 })
	if not answer or not answer.status then return end
	local said = answer.headers or {}
	txn:set_var("txn.check_status", tostring(answer.status))
	if only(said, "location") then txn:set_var("txn.check_location", only(said, "location")) end
	if answer.status ~= 200 then return end
	if only(said, "set-cookie") then txn:set_var("txn.check_cookie", only(said, "set-cookie")) end
	for _, name in ipairs(SAYS) do
		if only(said, name) then txn.http:req_set_header(name, only(said, name)) end
	end
end, 1)
