using Orleans.CodeGeneration;

namespace Budgets;

/// <summary>On a method of a grain: requests from outside the cluster take any gateway, each the next. Otherwise a client sends all requests of one grain through the same silo for as long as that seems to live.</summary>
/// <remarks>
/// Nobody here relies on the order of requests that were not awaited. So a silo that hangs costs every budget some tries, and no budget all of them, and a client
/// that started with the first silo uses those that came later.
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
[InvokableCustomInitializer("AddInvokeMethodOptions", InvokeMethodOptions.Unordered)]
public sealed class AnyGatewayAttribute : Attribute;
