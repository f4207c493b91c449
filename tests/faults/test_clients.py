"""Clients that are slow, many, half gone or greedy. F-17, F-18, F-20, F-21, F-25."""
# SPDX-License-Identifier: Apache-2.0
