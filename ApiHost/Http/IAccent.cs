namespace Budgets.ApiHost.Http;

/// <summary>How problems are told on routes whose callers expect another form than problem+json.</summary>
internal interface IAccent
{
    /// <summary>What is sent, for the contract.</summary>
    Type Shape { get; }

    Task Send(HttpContext http, Problem problem);
}
