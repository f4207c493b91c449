-- 0006_more.sql: passwords that are not their owner's: lent by an operator, or known to others.

ALTER TABLE account ADD COLUMN password_standing INT NOT NULL DEFAULT 0;  -- enum password_standing
ALTER TABLE account ADD COLUMN password_until TIME;                       -- a lent one is good until then
