using Microsoft.Extensions.Options;

namespace Budgets.Client;

/// <summary>How long the client insists on an answer.</summary>
public sealed class BudgetsClientOptions
{
    /// <summary>From the first try to the exception that says there is no answer. Default 30 s; from 1 ms to an hour.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After this a try counts as lost, and the same request is sent again. Default 10 s; a budget answers in milliseconds or not at all.</summary>
    public TimeSpan AnswerWithin { get; set; } = TimeSpan.FromSeconds(10);
}

internal sealed class BudgetsClientOptionsFaults : IValidateOptions<BudgetsClientOptions>
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, BudgetsClientOptions options)
    {
        var faults = new List<string>();
        Check(options.Deadline, nameof(options.Deadline));
        Check(options.AnswerWithin, nameof(options.AnswerWithin));
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check(TimeSpan time, string option)
        {
            if (time < Shortest || time > Longest)
            {
                faults.Add($"{nameof(BudgetsClientOptions)}.{option} is {time}; it must be from a millisecond to an hour.");
            }
        }
    }
}
