package io.kiln.operations.status;

import io.kiln.schemas.BrokerException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Utils;

/** Whether anything listens where brokers should. */
final class Listeners {
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

    private Listeners() {}

    /**
     * Returns at once unless every address refuses connections: a broker that is only slow to
     * answer does not.
     *
     * @param addresses kafka.bootstrapServers
     * @throws BrokerException if every address refuses for so long
     */
    static void requireOne(String addresses, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (allRefuse(addresses)) {
            if (System.nanoTime() > deadline) {
                throw BrokerException.noAnswer(addresses, patience, null);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BrokerException("interrupted while waiting for " + addresses, e);
            }
        }
    }

    private static boolean allRefuse(String addresses) {
        try {
            return resolved(addresses).stream().allMatch(Listeners::refuses);
        } catch (IOException e) {
            return false; // no such host, which Kafka's client says better
        }
    }

    private static List<InetSocketAddress> resolved(String addresses) throws IOException {
        List<InetSocketAddress> resolved = new ArrayList<>();
        for (String address : addresses.split(",", -1)) {
            String host = Utils.getHost(address.strip());
            Integer port = Utils.getPort(address.strip());
            if (host == null || port == null) {
                throw new IOException(address + " is no address");
            }
            for (InetAddress one : InetAddress.getAllByName(host)) {
                resolved.add(new InetSocketAddress(one, port));
            }
        }
        return resolved;
    }

    private static boolean refuses(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, Math.toIntExact(CONNECT_TIMEOUT.toMillis()));
            return false;
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            return false; // no answer in time, for instance
        }
    }
}
