# SPDX-License-Identifier: Apache-2.0
"""Does a statement name its deployment first, everywhere it touches a table?

A row of another deployment must be the same as no row. So deployment_id is the
first column of every INSERT, the first term of every WHERE, and the first term
of every join, in subqueries too. This reads just enough SQL to see that.
"""

SET_WORDS = ("UNION", "INTERSECT", "EXCEPT")
QUERY_WORDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def check_tenant(toks):
    """A complaint, or None. The tokens are one statement without spaces, comments and ;."""
    return check_query(nest(toks), set())


def nest(toks):
    """Each parenthesis becomes a list in the list."""
    stack = [[]]
    for t in toks:
        if t.is_op("("):
            stack.append([])
        elif t.is_op(")") and len(stack) > 1:
            inner = stack.pop()
            stack[-1].append(inner)
        else:
            stack[-1].append(t)
    return stack[0]


def is_word(item, *words):
    return not isinstance(item, list) and item.is_word(*words)


def check_query(items, ctes):
    if not items or not is_word(items[0], *QUERY_WORDS):
        return check_inner(items, ctes)
    items, ctes, complaint = take_ctes(items, ctes)
    for arm in split_arms(items):
        complaint = complaint or check_inner(arm, ctes) or check_arm(arm, ctes)
    return complaint


def check_inner(items, ctes):
    """The subqueries among the items."""
    for item in items:
        complaint = check_query(item, ctes) if isinstance(item, list) else None
        if complaint:
            return complaint
    return None


def take_ctes(items, ctes):
    """WITH a AS (…), b AS (…): their names may be read without a deployment, having looked at it inside."""
    if not is_word(items[0], "WITH"):
        return items, ctes, None
    at = next((i for i, item in enumerate(items) if is_word(item, "SELECT", "INSERT", "UPDATE", "DELETE")), len(items))
    head = items[1:at]
    names = {head[i - 1].text for i, item in enumerate(head)
             if is_word(item, "AS") and i and not isinstance(head[i - 1], list)}
    names |= {head[i - 2].text for i, item in enumerate(head)
              if is_word(item, "AS") and i > 1 and isinstance(head[i - 1], list)}
    return items[at:], ctes | names, check_inner(head, ctes | names)


def split_arms(items):
    arms = [[]]
    for item in items:
        if is_word(item, *SET_WORDS):
            arms.append([])
        elif not (is_word(item, "ALL") and not arms[-1]):
            arms[-1].append(item)
    return [a for a in arms if a]


def check_arm(items, ctes):
    if is_word(items[0], "INSERT"):
        return check_insert(items, ctes)
    if is_word(items[0], "SELECT", "UPDATE", "DELETE"):
        return check_where(items, ctes)
    return None


def check_insert(items, ctes):
    """INSERT INTO t (deployment_id, …), and the SELECT that feeds it, up to ON CONFLICT."""
    columns = next((item for item in items if isinstance(item, list)), None)
    if columns is None or not columns or not is_word(columns[0], "DEPLOYMENT_ID"):
        return "deployment_id is not the first column of INSERT"
    begin = next((i for i, item in enumerate(items) if is_word(item, "SELECT")), None)
    if begin is None:
        return None
    end = next((i for i, item in enumerate(items) if is_word(item, "CONFLICT")), len(items) + 1) - 1
    return check_where(items[begin:end], ctes)


def check_where(items, ctes):
    """SELECT, UPDATE or DELETE: its joins and its WHERE. A SELECT from nowhere needs none."""
    needs_where = True
    if is_word(items[0], "SELECT"):
        at = next((i for i, item in enumerate(items) if is_word(item, "FROM")), len(items))
        needs_where = at + 1 < len(items) and is_table(items[at + 1], ctes)
    complaint = check_joins(items, ctes)
    if complaint or not needs_where:
        return complaint
    at = next((i for i, item in enumerate(items) if is_word(item, "WHERE")), len(items))
    if not names_deployment(items[at + 1:]):
        return "deployment_id = … is not the first term of WHERE"
    if any(is_word(item, "OR") for item in items[at:]):
        return "OR beside deployment_id needs parentheses"
    return None


def check_joins(items, ctes):
    for i, item in enumerate(items):
        if not is_word(item, "JOIN") or not is_table(items[i + 1], ctes):
            continue
        at = next((k for k in range(i, len(items)) if is_word(items[k], "ON", "USING")), len(items))
        rest = items[at + 1:]
        if rest and isinstance(rest[0], list) and is_word(items[at], "USING"):
            fine = is_word(rest[0][0], "DEPLOYMENT_ID")
        else:
            fine = names_deployment(rest)
        if not fine:
            return "deployment_id = … is not the first term of a join"
    return None


def is_table(item, ctes):
    return not isinstance(item, list) and item.text not in ctes


def names_deployment(items):
    """`deployment_id =` or `x.deployment_id =`."""
    items = items[:4]
    if any(isinstance(item, list) for item in items[:2]):
        return False
    if len(items) > 2 and items[1].is_op("."):
        items = items[2:]
    return len(items) > 1 and is_word(items[0], "DEPLOYMENT_ID") \
        and not isinstance(items[1], list) and items[1].is_op("=")
