-- The same work as a durable charge: one ledger row per idempotency key, four windows checked and counted, all or nothing.
CREATE TABLE budgets (
  agent int PRIMARY KEY,
  day_limit bigint NOT NULL, week_limit bigint NOT NULL, month_limit bigint NOT NULL, total_limit bigint NOT NULL,
  day date NOT NULL, week date NOT NULL, month date NOT NULL,
  spent_day bigint NOT NULL DEFAULT 0, spent_week bigint NOT NULL DEFAULT 0, spent_month bigint NOT NULL DEFAULT 0, spent_total bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE ledger (
  agent int NOT NULL, key text NOT NULL, at timestamptz NOT NULL DEFAULT now(),
  amount bigint NOT NULL, model text, operation text,
  UNIQUE (agent, key)
);

INSERT INTO budgets (agent, day_limit, week_limit, month_limit, total_limit, day, week, month)
SELECT n, 1e18, 1e18, 1e18, 1e18, current_date, date_trunc('week', current_date), date_trunc('month', current_date) FROM generate_series(1, :agents) n;

CREATE FUNCTION charge(who int, what text, cost bigint, by_model text, in_operation text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  this_day date := current_date;
  this_week date := date_trunc('week', current_date);
  this_month date := date_trunc('month', current_date);
BEGIN
  INSERT INTO ledger (agent, key, amount, model, operation) VALUES (who, what, cost, by_model, in_operation) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN 'replayed';
  END IF;
  UPDATE budgets SET
    day = this_day, week = this_week, month = this_month,
    spent_day = CASE WHEN day = this_day THEN spent_day ELSE 0 END + cost,
    spent_week = CASE WHEN week = this_week THEN spent_week ELSE 0 END + cost,
    spent_month = CASE WHEN month = this_month THEN spent_month ELSE 0 END + cost,
    spent_total = spent_total + cost
  WHERE agent = who
    AND CASE WHEN day = this_day THEN spent_day ELSE 0 END + cost <= day_limit
    AND CASE WHEN week = this_week THEN spent_week ELSE 0 END + cost <= week_limit
    AND CASE WHEN month = this_month THEN spent_month ELSE 0 END + cost <= month_limit
    AND spent_total + cost <= total_limit;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'budget exceeded';
  END IF;
  RETURN 'charged';
END $$;
