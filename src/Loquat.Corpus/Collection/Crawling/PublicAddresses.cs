using System.Net;
using System.Net.Sockets;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>Tells addresses of the internet from those of private networks, of this machine and of links (the special-purpose registries of IANA).</summary>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] _special =
    [
        .. "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3".Split(' ').Select(IPNetwork.Parse),
        // Of IPv6 the internet is 2000::/3; in it lie Teredo and others, documentation, and addresses that hold one of IPv4 (6to4).
        .. "2001::/23 2001:db8::/32 2002::/16 3fff::/20".Split(' ').Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork _global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork _translated = IPNetwork.Parse("64:ff9b::/96");

    public static bool Contains(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        else if (address.AddressFamily == AddressFamily.InterNetworkV6 && _translated.Contains(address)) address = new IPAddress(address.GetAddressBytes()[12..]);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !_global.Contains(address)) return false;
        foreach (var network in _special)
            if (network.Contains(address)) return false;
        return true;
    }
}
