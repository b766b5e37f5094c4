package io.kiln.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** TCP ports of this machine. */
public final class Ports {
    private static final int CONNECT_MILLIS = 500;

    /** Below the ephemeral range, of which an outgoing connection could take a probed port. */
    private static final int LOWEST = 20_000;

    private static final int HIGHEST = 32_767;
    private static final int ATTEMPTS = 1_000;

    /** So many ports that were given out last are not given out again. */
    private static final int REMEMBERED = 4_000;

    private static final Set<Integer> GIVEN = new LinkedHashSet<>();

    private Ports() {}

    /** A port that nothing listens on at the moment and that was not given out a moment ago. */
    public static int free() {
        return free(1).get(0);
    }

    /** Whether nothing listens on a port of this machine at the moment. */
    public static boolean isFree(int port) {
        Optional<ServerSocket> bound = bind(port);
        bound.ifPresent(Ports::release);
        return bound.isPresent();
    }

    /**
     * Different ports that nothing listens on at the moment. They differ from those that were given
     * out before, whose servers may not listen yet.
     */
    public static synchronized List<Integer> free(int count) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int attempt = 0; attempt < ATTEMPTS && held.size() < count; attempt++) {
                int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST + 1);
                if (!GIVEN.contains(port)) {
                    bind(port).ifPresent(held::add);
                }
            }
            if (held.size() < count) {
                throw new IllegalStateException(
                        "no free TCP port from " + LOWEST + " to " + HIGHEST + " on this machine");
            }
            List<Integer> ports = held.stream().map(ServerSocket::getLocalPort).toList();
            remember(ports);
            return ports;
        } finally {
            held.forEach(Ports::release);
        }
    }

    private static void remember(List<Integer> ports) {
        GIVEN.addAll(ports);
        Iterator<Integer> oldest = GIVEN.iterator();
        for (int surplus = GIVEN.size() - REMEMBERED; surplus > 0; surplus--) {
            oldest.next();
            oldest.remove();
        }
    }

    private static Optional<ServerSocket> bind(int port) {
        try {
            return Optional.of(hold(port));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether something on this machine accepts connections on a port. */
    public static boolean isOpen(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Listens on a port of this machine until the socket is closed, so that no other program takes
     * it before the server that it is meant for starts.
     *
     * @throws IOException if something listens on it
     */
    public static ServerSocket hold(int port) throws IOException {
        return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    }

    private static void release(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException("a probed port could not be released", e);
        }
    }
}
