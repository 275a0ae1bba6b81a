using System.Globalization;

namespace Budgets.ApiHost.Http;

/// <summary>One thing that is wrong with a request. The message completes the sentence "field …".</summary>
internal readonly record struct Fault(string Field, string Message);

/// <summary>All that is wrong with one request, so that its sender can mend it in one go.</summary>
internal sealed class Faults
{
    /// <summary>Faults told at most: a thousand broken charges are told by the first hundred.</summary>
    public const int Most = 100;

    private List<Fault>? _found;

    /// <summary>What is being looked at inside the body: ("charges", 3) names faults charges[3].amount, ("budget", null) budget.daily_limit.</summary>
    public (string Name, int? Index)? Within { get; set; }

    public bool Any => _found is not null;

    /// <summary>True: more faults would not be told; stop looking.</summary>
    public bool Full => _found?.Count >= Most;

    public IReadOnlyList<Fault> Found => _found ?? [];

    /// <summary>Adds a fault, unless the field, a part of it or what it is a part of has one already: the first names the cause.</summary>
    public void Add(string field, string message)
    {
        var full = Within switch
        {
            null => field,
            (var name, null) => $"{name}.{field}",
            (var name, { } index) => string.Create(CultureInfo.InvariantCulture, $"{name}[{index}].{field}").TrimEnd('.'),
        };
        _found ??= [];
        if (_found.Count < Most && !_found.Exists(f => IsIn(full, f.Field) || IsIn(f.Field, full)))
        {
            _found.Add(new Fault(full, message));
        }
    }

    private static bool IsIn(string part, string whole) =>
        part.StartsWith(whole, StringComparison.Ordinal) && (part.Length == whole.Length || (whole.Length > 0 && part[whole.Length] is '.' or '['));

    public void AddIf(bool wrong, string field, string message)
    {
        if (wrong)
        {
            Add(field, message);
        }
    }

    /// <summary>A text from outside: its length in characters, and no control characters in it.</summary>
    public void Text(string field, string? text, int max, bool required = false)
    {
        if (text is null)
        {
            AddIf(required, field, "is required");
        }
        else if (Texts.FaultOf(text, max) is { } fault)
        {
            Add(field, fault);
        }
    }

    public void Range(string field, long? number, long min, long max)
    {
        if (number < min || number > max)
        {
            Add(field, string.Create(CultureInfo.InvariantCulture, $"must be from {min} to {max}"));
        }
    }

    public void Money(string field, Money? money, Money max)
    {
        if (money is { IsNegative: true })
        {
            Add(field, "must not be negative");
        }
        else if (money > max)
        {
            Add(field, $"must be at most {max}");
        }
    }
}
