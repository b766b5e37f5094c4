package io.kiln.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests one {@link FaultDeployment}, which all test classes of a JVM share. It starts when
 * the first test asks for it and stops after the last test. Its folder, target/deployment-N, keeps
 * the logs. Tests run in several JVMs at a time, and {@link Leftovers} kills what runs in a folder,
 * so that each JVM takes the first folder that no other has locked.
 */
final class SharedDeployment implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(SharedDeployment.class);
    private static final Path TARGET = Path.of("target").toAbsolutePath();

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == FaultDeployment.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(
                        FaultDeployment.class, type -> start(), FaultDeployment.class);
    }

    private static FaultDeployment start() {
        Path folder = lockedFolder();
        Leftovers.remove(folder);
        return FaultDeployment.start(folder);
    }

    private static Path lockedFolder() {
        try {
            Files.createDirectories(TARGET);
            int number = 1;
            while (!lock(TARGET.resolve("deployment-" + number + ".lock"))) {
                number++;
            }
            return TARGET.resolve("deployment-" + number);
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for a deployment can be locked", e);
        }
    }

    /** The lock ends with this JVM, also with one that is killed. */
    private static boolean lock(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() != null) {
            return true; // the channel stays open
        }
        channel.close();
        return false;
    }
}
