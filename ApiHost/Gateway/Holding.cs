using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>Money set aside for a call; or why not.</summary>
/// <param name="Refuse">Tells the caller.</param>
/// <param name="IsForMoney">It does not fit; a cheaper call might.</param>
internal readonly record struct Holding(Held? Held, Func<Task> Refuse, bool IsForMoney)
{
    public Holding(Held held)
        : this(held, () => Task.CompletedTask, IsForMoney: false)
    {
    }

    public Holding(Problem problem, Call call)
        : this(null, () => problem.Send(call.Http), IsForMoney: false)
    {
    }
}
