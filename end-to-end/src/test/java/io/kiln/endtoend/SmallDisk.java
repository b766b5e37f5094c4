package io.kiln.endtoend;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A file system in memory, mounted over a folder. Needs Linux and the privilege to mount.
 *
 * @param folder the folder that the mount hides
 */
record SmallDisk(Path folder) implements AutoCloseable {
    /**
     * Mounts a file system.
     *
     * @param options options of mount, such as size=4k
     */
    static SmallDisk over(Path folder, String options) throws IOException, InterruptedException {
        if (run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder.toString()) != 0) {
            throw new IOException("nothing can be mounted over " + folder);
        }
        return new SmallDisk(folder);
    }

    /** Whether this user may mount. */
    static boolean isAllowed() {
        try {
            Path folder = Files.createTempDirectory("kiln-disk");
            try (SmallDisk disk = over(folder, "size=4k")) {
                return disk.folder.equals(folder);
            } finally {
                Files.delete(folder);
            }
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Writes a file until nothing more fits. */
    Path fill() throws IOException {
        Path ballast = folder.resolve("ballast");
        try (OutputStream out = Files.newOutputStream(ballast)) {
            byte[] block = new byte[4096];
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            if (Files.getFileStore(folder).getUsableSpace() > 0) {
                throw e;
            }
            return ballast;
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (run("umount", "--lazy", folder.toString()) != 0) { // files may still be open
            throw new IOException(folder + " is still hidden by a mount");
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return process.waitFor(30, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }
}
