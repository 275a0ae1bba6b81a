using System.Net;
using Budgets.Couriers.Webhooks;

namespace Budgets.Tests.Couriers;

/// <summary>Public addresses and all others, at the edges of each block.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("0.0.0.0/8", "1.0.0.0")]
    [InlineData("10.0.0.0/8", "9.255.255.255 11.0.0.0")]
    [InlineData("100.64.0.0/10", "100.63.255.255 100.128.0.0")]
    [InlineData("127.0.0.0/8", "126.255.255.255 128.0.0.0")]
    [InlineData("169.254.0.0/16", "169.253.255.255 169.255.0.0")]
    [InlineData("172.16.0.0/12", "172.15.255.255 172.32.0.0")]
    [InlineData("192.0.0.0/24", "191.255.255.255 192.0.1.0")]
    [InlineData("192.0.2.0/24", "192.0.1.255 192.0.3.0")]
    [InlineData("192.88.99.0/24", "192.88.98.255 192.88.100.0")]
    [InlineData("192.168.0.0/16", "192.167.255.255 192.169.0.0")]
    [InlineData("198.18.0.0/15", "198.17.255.255 198.20.0.0")]
    [InlineData("198.51.100.0/24", "198.51.99.255 198.51.101.0")]
    [InlineData("203.0.113.0/24", "203.0.112.255 203.0.114.0")]
    [InlineData("224.0.0.0/3", "223.255.255.255")]
    [InlineData("168.63.129.16/32", "168.63.129.15 168.63.129.17")]
    [InlineData("::/3", "2600::")]
    [InlineData("2001::/23", "2001:200::")]
    [InlineData("2001:db8::/32", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9::")]
    [InlineData("2002::/16", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003::")]
    [InlineData("3ffe::/16", "3ffd:ffff:: 3fff:1000::")]
    [InlineData("3fff::/20", "3fff:1000::")]
    [InlineData("4000::/2", "3ffd::1")]
    [InlineData("8000::/1", "2a00::")]
    public void A_special_block_is_closed_from_its_first_address_to_its_last_and_its_neighbours_are_open(string block, string neighbours)
    {
        var network = IPNetwork.Parse(block);
        var (first, last) = (network.BaseAddress, Last(network));

        Addresses.ReachOf(first).Should().NotBe(Reach.Public, $"{first}");
        Addresses.ReachOf(last).Should().NotBe(Reach.Public, $"{last}");

        neighbours.Split(' ').Should().OnlyContain(n => Addresses.ReachOf(IPAddress.Parse(n)) == Reach.Public);
    }

    [Theory]
    [InlineData("::1", nameof(Reach.Special))]
    [InlineData("fe80::1", nameof(Reach.Special))]
    [InlineData("fe80::1%3", nameof(Reach.Never))]
    [InlineData("fd00::1", nameof(Reach.Special))]
    [InlineData("::", nameof(Reach.Never))]
    [InlineData("::2", nameof(Reach.Never))]
    [InlineData("ff05::1", nameof(Reach.Never))]
    [InlineData("169.254.169.254", nameof(Reach.Never))]
    [InlineData("169.254.1.1", nameof(Reach.Special))]
    [InlineData("0.0.0.0", nameof(Reach.Never))]
    public void Some_are_for_the_operator_to_open_and_some_for_nobody(string address, string reach) => Addresses.ReachOf(IPAddress.Parse(address)).ToString().Should().Be(reach);

    private static IPAddress Last(IPNetwork network)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        for (var bit = network.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }
}
