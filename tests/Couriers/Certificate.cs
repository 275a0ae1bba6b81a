using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Budgets.Tests.Couriers;

/// <summary>Certificates of an authority that nobody knows, or that one process is told to trust.</summary>
internal static class Certificate
{
    private static readonly DateTimeOffset s_from = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset s_until = DateTimeOffset.UtcNow.AddDays(1);

    /// <param name="issuerAt">Where it says that its issuer's certificate is to be had.</param>
    public static X509Certificate2 Of(string address, string issuerAt)
    {
        using var authority = Authority();
        return Of(address, authority, issuerAt);
    }

    public static X509Certificate2 Of(string address, X509Certificate2 authority, string? issuerAt = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={address}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        if (issuerAt is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [issuerAt]));
        }

        using var certificate = request.Create(authority, s_from, s_until, RandomNumberGenerator.GetBytes(8));
        using var whole = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }

    public static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=An authority of the tests", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(s_from.AddHours(-1), s_until.AddHours(1));
    }
}
