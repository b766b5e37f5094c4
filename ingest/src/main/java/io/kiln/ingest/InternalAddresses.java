package io.kiln.ingest;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;

/**
 * Keeps a web server from sending the fetcher to what only this machine can reach. A person may
 * name an internal address in a URL; a server's redirect may not, and link-local addresses, where
 * clouds keep credentials, are for neither.
 */
final class InternalAddresses {
    private InternalAddresses() {}

    /**
     * @param asked the URL that a person gave
     * @param next the URL to be fetched: this one, or the target of a redirect
     * @throws IOException if it must not be fetched
     */
    static void requireAllowed(URI asked, URI next) throws IOException {
        String host = next.getHost();
        if (host == null) {
            throw new IOException("the URL names no host");
        }
        boolean redirected = !host.equalsIgnoreCase(asked.getHost());
        for (InetAddress address : addresses(host)) {
            if (address.isLinkLocalAddress() || redirected && isInternal(address)) {
                throw new IOException(
                        (redirected ? "redirected to " : "")
                                + host
                                + ", an internal address; ingest.internalAddresses=true allows it");
            }
        }
    }

    private static InetAddress[] addresses(String host) {
        try {
            return InetAddress.getAllByName(host);
        } catch (UnknownHostException e) {
            return new InetAddress[0]; // the request will say so
        }
    }

    static boolean isInternal(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean special =
                address.isLoopbackAddress()
                        || address.isAnyLocalAddress()
                        || address.isSiteLocalAddress()
                        || address.isLinkLocalAddress()
                        || address.isMulticastAddress();
        return special
                || (address instanceof Inet6Address
                        ? (bytes[0] & 0xFE) == 0xFC // unique local
                        : bytes[0] == 0 || bytes[0] == 100 && (bytes[1] & 0xC0) == 64);
    }
}
