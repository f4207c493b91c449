/* passkey_root.h - a root for tests: nobody has its key. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#define ROOT_PEM \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBIDCByKADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBFJvb3QwIBcN\n" \
	"MjQwMTAxMDAwMDAwWhgPMjEyNDAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBFJvb3Qw\n" \
	"WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ9hm+Pi/0niuCd9hd1YWciS9/bcRI1\n" \
	"nNytSTvTWJJl04o+HgHqqk/5NVtegcDH/XCekSOALU9BB1W9Srgve0n7oxMwETAP\n" \
	"BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIED4MwZNZ4KKQIpj7RyR\n" \
	"Trh91LhoLGxlTUVgcomcIoRrAiAtiggQQ+gu6spdP/xaQmsS3YAVJE/4Q7I3r7mk\n" \
	"z3Hh1Q==\n" \
	"-----END CERTIFICATE-----\n"
