package io.kiln.endtoend;

import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests one {@link FaultDeployment}, which all test classes share. It starts when the first
 * test asks for it and stops after the last test. Its folder, target/deployment, keeps the logs.
 */
final class SharedDeployment implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(SharedDeployment.class);
    private static final Path FOLDER = Path.of("target", "deployment").toAbsolutePath();

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
        Leftovers.remove(FOLDER);
        return FaultDeployment.start(FOLDER);
    }
}
