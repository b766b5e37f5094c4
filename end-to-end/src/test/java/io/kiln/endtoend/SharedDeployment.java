package io.kiln.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests one {@link FaultDeployment}. It starts when the first test asks for it and stops
 * after the last test of a run, which is one class where tests run in several JVMs at a time. Its
 * folder, target/deployment-N, keeps the logs. {@link Leftovers} kills what runs in a folder, so
 * that each JVM takes the first folder that no other has locked.
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
        Path folder = LockedFolder.OF_THIS_JVM.path;
        Leftovers.remove(folder);
        return FaultDeployment.start(folder);
    }

    /**
     * A folder that no other JVM uses.
     *
     * @param path the folder
     * @param lock ends with this JVM, also with one that is killed; must be kept, because a channel
     *     that nobody refers to is closed by the garbage collector, and the lock with it
     */
    private record LockedFolder(Path path, FileLock lock) {
        static final LockedFolder OF_THIS_JVM = first();

        private static LockedFolder first() {
            try {
                Files.createDirectories(TARGET);
                for (int number = 1; ; number++) {
                    Path folder = TARGET.resolve("deployment-" + number);
                    FileChannel channel =
                            FileChannel.open(
                                    TARGET.resolve(folder.getFileName() + ".lock"),
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock();
                    if (lock != null) {
                        return new LockedFolder(folder, lock);
                    }
                    channel.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException("no folder for a deployment can be locked", e);
            }
        }
    }
}
