package io.kiln.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests one broker and one registry, which all test classes of a JVM share. Each starts when
 * the first test asks for it, by a parameter of its type, and stops after the last test. Tests must
 * use topics of their own.
 */
public final class SharedServers implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(SharedServers.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == LocalBroker.class || type == LocalRegistry.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        ExtensionContext.Store store = context.getRoot().getStore(NAMESPACE);
        if (parameter.getParameter().getType() == LocalBroker.class) {
            return store.getOrComputeIfAbsent(LocalBroker.class, type -> new Broker(), Broker.class)
                    .broker;
        }
        return store.getOrComputeIfAbsent(
                        LocalRegistry.class, type -> new Registry(), Registry.class)
                .registry;
    }

    private static final class Broker implements AutoCloseable {
        private final Path folder = newFolder();
        private final LocalBroker broker = LocalBroker.start(folder);

        @Override
        public void close() {
            broker.close();
            TestFolders.delete(folder);
        }
    }

    private static final class Registry implements AutoCloseable {
        private final Path folder = newFolder();
        private final LocalRegistry registry = LocalRegistry.start(folder);

        @Override
        public void close() {
            registry.close();
            TestFolders.delete(folder);
        }
    }

    private static Path newFolder() {
        try {
            return Files.createTempDirectory("kiln-servers");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
