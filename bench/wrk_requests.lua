-- wrk_requests.lua - ask requests of a file at random, and print what came of it as one line of JSON.
-- The file is load_file.h's: for each request its length in decimal, a newline, its bytes.
local requests = {}

function init(args)
	local file = assert(io.open(args[1], "rb"))
	while true do
		local n = file:read("*n")
		if not n then break end
		file:read(1)
		requests[#requests + 1] = file:read(n)
	end
	file:close()
	math.randomseed(tonumber(args[2] or 1))
end

function request()
	return requests[math.random(#requests)]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format(
		'JSON {"requests": %d, "seconds": %.6f, "bytes": %d, "p50_us": %d, "p99_us": %d, "max_us": %d, "errors": %d}\n',
		summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50), latency:percentile(99),
		latency.max, e.connect + e.read + e.write + e.status + e.timeout))
end
