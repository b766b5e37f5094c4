package io.kiln.local;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** TCP sockets that processes listen on, as Linux tells them in /proc. */
public final class ListeningSockets {
    private static final String LISTEN = "0A";
    private static final int ADDRESS = 1;
    private static final int STATE = 3;
    private static final int INODE = 9;

    /** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, as the kernel writes them on this processor. */
    private static final String LOOPBACK = "[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F";

    private ListeningSockets() {}

    /**
     * A listening socket.
     *
     * @param process that holds it
     * @param address hexadecimal, as in /proc/net/tcp
     * @param port number of its port
     */
    public record Socket(ProcessHandle process, String address, int port) {
        /** Whether other machines cannot reach it. */
        public boolean isLoopback() {
            return address.matches(LOOPBACK);
        }

        @Override
        public String toString() {
            return address + ":" + port + " of " + process.info().commandLine().orElse("?");
        }
    }

    /** The sockets of a process and of all its descendants. */
    public static List<Socket> of(ProcessHandle root) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (ProcessHandle process : Stream.concat(Stream.of(root), root.descendants()).toList()) {
            sockets.addAll(of(process.pid(), process));
        }
        return sockets;
    }

    private static List<Socket> of(long pid, ProcessHandle process) throws IOException {
        Path proc = Path.of("/proc", Long.toString(pid));
        Set<String> inodes = inodes(proc.resolve("fd"));
        List<Socket> sockets = new ArrayList<>();
        for (String table : List.of("net/tcp", "net/tcp6")) {
            if (!Files.isReadable(proc.resolve(table))) {
                continue; // it has ended, or there is no IPv6
            }
            for (String line : Files.readAllLines(proc.resolve(table))) {
                String[] fields = line.strip().split("\\s+");
                if (fields[STATE].equals(LISTEN) && inodes.contains(fields[INODE])) {
                    String[] address = fields[ADDRESS].split(":");
                    sockets.add(new Socket(process, address[0], Integer.parseInt(address[1], 16)));
                }
            }
        }
        return sockets;
    }

    private static Set<String> inodes(Path descriptors) {
        Set<String> inodes = new HashSet<>();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors)) {
            for (Path descriptor : open) {
                String target = target(descriptor);
                if (target.startsWith("socket:[")) {
                    inodes.add(target.substring("socket:[".length(), target.length() - 1));
                }
            }
        } catch (IOException e) {
            return Set.of(); // it has ended
        }
        return inodes;
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }
}
