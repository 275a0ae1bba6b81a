using Budgets.Forecasting;

namespace Budgets.Tests.Forecasting;

/// <summary>Prepaid money of a simulated agent under a rule of recharging: checks every hour, and after a spend where the rule asks for it; five recharges in a calendar month.</summary>
internal sealed class Purse(SimulatedAgent agent, string rule)
{
    public const double HoursAhead = 24;
    public const int MostInAMonth = 5;
    public static readonly TimeSpan CheckInterval = TimeSpan.FromHours(1);

    private readonly double _recharge = agent.Recharge;
    private readonly Queue<double> _toCome = new();
    private Spending _state = Spending.Begin(agent.Zone);
    private double _balance;
    private double _line;
    private double _spent;
    private double _atCheck;
    private (int Year, int Month) _month;
    private int _inMonth;

    /// <summary>Spends that met too little, though the cap would have allowed a recharge, and that were no larger than all there was at the last hourly check.</summary>
    public int Depletions { get; private set; }

    /// <summary>And larger than that.</summary>
    public int Outsized { get; private set; }

    /// <summary>And after the cap was used up.</summary>
    public int Capped { get; private set; }

    /// <summary>The mean balance over the amount of a recharge.</summary>
    public double Idle { get; private set; }

    public Purse Run()
    {
        _balance = _recharge;
        var (at, next, hours) = (agent.Begins, 0, 0);
        for (var check = agent.Begins; check < agent.Ends; check += CheckInterval)
        {
            _atCheck = _balance;
            Check(check);
            var counts = check >= agent.Counts;
            Idle += counts ? _balance : 0;
            hours += counts ? 1 : 0;
            for (; next < agent.Spends.Count && agent.Spends[next].At < check + CheckInterval; next++)
            {
                Take(agent.Spends[next].At, agent.Spends[next].Dollars, counts);
            }
        }

        Idle /= hours * agent.Recharge;
        return this;
    }

    private void Take(DateTimeOffset at, double dollars, bool counts)
    {
        if (dollars > _balance)
        {
            // The clairvoyant never comes here but for its cap.
            var (capped, outsized) = (_inMonth >= MostInAMonth, dollars > _atCheck);
            Capped += counts && capped ? 1 : 0;
            Outsized += counts && !capped && outsized ? 1 : 0;
            Depletions += counts && !capped && !outsized ? 1 : 0;
            Check(at);
            return;
        }

        _balance -= dollars;
        _spent += dollars;
        if (rule.StartsWith("forecast", StringComparison.Ordinal))
        {
            _state = _state.After(new Money((long)(dollars * Money.NanosPerDollar)), at);
        }

        if ((rule == "forecast" && (_balance <= _line || _state.DaysUntil(at) < 1)) || (rule == "threshold" && _balance < Threshold))
        {
            Check(at);
        }
    }

    private double Threshold => _recharge * 0.2;

    private void Check(DateTimeOffset now)
    {
        if ((now.Year, now.Month) != _month)
        {
            (_month, _inMonth) = ((now.Year, now.Month), 0);
        }

        // At once as often as it takes: a rule that says yes twice was right the first time.
        while (_inMonth < MostInAMonth && Wants(now))
        {
            _balance += _recharge;
            _inMonth++;
        }
    }

    private bool Wants(DateTimeOffset now)
    {
        switch (rule)
        {
            case "forecast" or "forecast, hourly checks":
                _line = (double)Predicting.Needed(_state, HoursAhead, CheckInterval, now).InDollars;
                return Predicting.ShouldRecharge(_state, new Money((long)(_balance * Money.NanosPerDollar)), HoursAhead, CheckInterval, now);
            case "threshold":
                return _balance < Threshold;
            case "straight line":
                // What it spent so far over the time it did.
                var hours = (now - agent.Begins).TotalHours;
                return hours > 0 && _balance / (_spent / hours) < HoursAhead;
            case "clairvoyant, last check":
                return _balance < Coming(now, CheckInterval);
            default:
                return _balance < Coming(now, CheckInterval + TimeSpan.FromHours(HoursAhead));
        }
    }

    private double Coming(DateTimeOffset now, TimeSpan ahead)
    {
        var (sum, i) = (0.0, First(now));
        for (; i < agent.Spends.Count && agent.Spends[i].At < now + ahead; i++)
        {
            sum += agent.Spends[i].Dollars;
        }

        return sum;
    }

    private int First(DateTimeOffset now)
    {
        var (low, high) = (0, agent.Spends.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = agent.Spends[middle].At < now ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
