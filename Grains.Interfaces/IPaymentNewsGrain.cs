namespace Budgets;

/// <summary>Takes what is posted to us in the payment provider's name. Any key: all are the same.</summary>
/// <remarks>Silos know the provider's secrets, API hosts do not: so what is posted is checked here.</remarks>
[Alias("Budgets.IPaymentNewsGrain")]
public interface IPaymentNewsGrain : IGrainWithIntegerKey
{
    /// <summary>Nothing in it is believed but that there is news: whoever ordered the payment asks the provider.</summary>
    /// <param name="body">As it was posted, to the byte.</param>
    /// <param name="signature">What the provider signed it with.</param>
    [Alias("Take"), AnyGateway]
    Task<PaymentNews> Take(byte[] body, string signature);
}

public enum PaymentNews
{
    /// <summary>It is from the provider. What is not about a payment of ours is taken too, and changes nothing.</summary>
    Taken = 0,

    /// <summary>It is not from the provider, or is too old to be.</summary>
    NotSigned,

    /// <summary>Payments are simulated: nobody could have news of them.</summary>
    NotExpected,
}
