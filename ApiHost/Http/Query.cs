using System.Globalization;

namespace Budgets.ApiHost.Http;

/// <summary>Reads query parameters as strictly as bodies: unknown names, repeated names and wrong values are all told.</summary>
internal sealed class Query
{
    /// <summary>What names of parameters end with that may be given several times.</summary>
    public const string List = "[]";

    private readonly IQueryCollection _query;

    public Query(HttpContext http, params ReadOnlySpan<string> known)
    {
        _query = http.Request.Query;
        foreach (var (name, values) in _query)
        {
            if (!known.Contains(name))
            {
                Faults.Add(name, known.Length == 0 ? "is not known here; there are no query parameters" : $"is not known here; what is: {string.Join(", ", known!)}");
            }
            else if (values.Count != 1 && !name.EndsWith(List, StringComparison.Ordinal))
            {
                Faults.Add(name, "is given twice");
            }
        }
    }

    public Faults Faults { get; } = new();

    public Problem? Problem => Faults.Any ? Problem.Invalid(Faults) : null;

    public bool Has(string name) => _query.ContainsKey(name);

    public string? Text(string name, int max)
    {
        var text = Has(name) ? (string?)_query[name] ?? "" : null;
        Faults.Text(name, text, max);
        return text;
    }

    /// <summary>A text of a known form; null: it is not given.</summary>
    public string? Id(string name, Func<string, bool> isOne, string message)
    {
        var text = Has(name) ? (string?)_query[name] ?? "" : null;
        Faults.AddIf(text is not null && !isOne(text), name, message);
        return text;
    }

    /// <summary>All that is given under a name that ends with <see cref="List"/>.</summary>
    public IReadOnlyList<string> Several(string name, params ReadOnlySpan<string> known)
    {
        List<string> several = Has(name) ? [.. _query[name].Select(v => v ?? "")] : [];
        foreach (var one in several)
        {
            Faults.AddIf(!known.Contains(one), name, $"must be one of {string.Join(", ", known!)}");
        }

        return several;
    }

    public int Limit(int max, int fallback) => Whole("limit", 1, max, fallback);

    public int Whole(string name, int min, int max, int fallback)
    {
        if (!Has(name))
        {
            return fallback;
        }

        if (!int.TryParse(_query[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < min || number > max)
        {
            Faults.Add(name, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}"));
        }

        return number;
    }

    public DateTimeOffset? Instant(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        if (!InstantConverter.TryParse(_query[name], out var at))
        {
            Faults.Add(name, "must be a time with an offset, such as 2026-02-25T18:30:00Z ('+' is written %2B)");
        }

        return at;
    }

    /// <summary>A day from <paramref name="earliest"/> on.</summary>
    public DateOnly? Day(string name, DateOnly earliest)
    {
        if (!Has(name))
        {
            return null;
        }

        if (!DateOnly.TryParseExact(_query[name], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) || day < earliest)
        {
            Faults.Add(name, string.Create(CultureInfo.InvariantCulture, $"must be a date from {earliest:yyyy-MM-dd} on, such as 2026-02-25"));
            return null;
        }

        return day;
    }

    /// <summary>False where it is not given.</summary>
    public bool Flag(string name)
    {
        var text = Has(name) ? (string?)_query[name] : "false";
        Faults.AddIf(text is not ("true" or "false"), name, "must be true or false");
        return text == "true";
    }

    public T? OneOf<T>(string name)
        where T : struct, Enum
    {
        if (!Has(name))
        {
            return null;
        }

        if (!Names<T>.TryParse(_query[name], out var value))
        {
            Faults.Add(name, $"must be one of {Names<T>.Listed}");
        }

        return value;
    }

    public AgentId? Agent(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        var text = (string?)_query[name];
        Faults.AddIf(!AgentId.IsWellFormed(text), name, "must be an agent id");
        return new AgentId(text ?? "");
    }

    /// <summary>What an opaque cursor of <see cref="Cursor"/> stands for; null: none was given.</summary>
    public string? Cursor(Func<string, bool> isOurs)
    {
        if (!Has("cursor"))
        {
            return null;
        }

        var at = Http.Cursor.Read(_query["cursor"]);
        if (at is null || !isOurs(at))
        {
            Faults.Add("cursor", "must be the next_cursor of an earlier page");
            return null;
        }

        return at;
    }
}
