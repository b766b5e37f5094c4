package io.kiln.model.training;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.OperatorLibrary;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.NetworkTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceFetchesTest {
    @Test
    void dependsOnlyOnWhatTheDesignAllows() {
        JavaClasses production =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.kiln.model");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.config..",
                        "io.kiln.schemas..",
                        "io.kiln.flink..",
                        "io.kiln.ingest..",
                        "io.kiln.masking..",
                        "io.kiln.training..",
                        "io.kiln.checkpoints..",
                        "io.kiln.cli..",
                        "org.apache.flink..",
                        "org.apache.kafka..",
                        "org.apache.avro..")
                .because("the network can be used without Flink and Kafka")
                .check(production);
    }

    /** So that no call meets a thread that {@link EngineThread} has not prepared. */
    @Test
    void theEngineIsCalledInOnePlace() {
        JavaClasses production =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.kiln.model");
        DescribedPredicate<JavaMethodCall> runs =
                DescribedPredicate.describe(
                        "run TorchScript or change what the engine keeps for a thread",
                        call ->
                                call.getName()
                                                .matches(
                                                        "runMethod|forward|moduleRunMethod|moduleForward|setNumThreads"
                                                                + "|setNumInteropThreads|setGraphExecutorOptimize|setGradMode")
                                        && call.getTargetOwner()
                                                .getPackageName()
                                                .startsWith("ai.djl"));
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(OperatorLibrary.class.getName())
                .and()
                .doNotHaveFullyQualifiedName(EngineThread.class.getName())
                .should()
                .callMethodWhere(runs)
                .check(production);
    }

    /** On a GPU each such call waits for all work before it. */
    @Test
    void aStepFetchesNumbersFromTheDeviceInOnePlace() {
        JavaClasses production =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.kiln.model");
        DescribedPredicate<JavaMethodCall> fetches =
                DescribedPredicate.describe(
                        "fetch numbers from the device",
                        call ->
                                call.getTargetOwner().isAssignableTo(NDArray.class)
                                        && call.getName()
                                                .matches(
                                                        "to(\\w*Array|ByteBuffer)|get(Float|Double|Int|Long|Boolean|Byte)|contentEquals|allClose"));
        noClasses()
                .that()
                .resideInAnyPackage("io.kiln.model.layers..", "io.kiln.model.network..")
                .or()
                .belongToAnyOf(Trainer.class, Learner.class, Annealing.class, Lamb.class)
                .should()
                .callMethodWhere(fetches)
                .check(production);
        assertThat(
                        production.get(Learner.class).getMethodCallsFromSelf().stream()
                                .filter(
                                        call ->
                                                call.getTargetOwner()
                                                        .isEquivalentTo(NetworkTensors.class))
                                .filter(call -> call.getName().equals("doubles"))
                                .map(call -> call.getOwner().getName()))
                .containsExactly("lossAndNorm");
    }

    /** These decide on the host by what an array holds. */
    @ParameterizedTest
    @ValueSource(strings = {"torch.item(", "nonzero", "masked_select", "Int(", "Bool(", "equal("})
    void noOperatorOfTheNetworkWaitsForTheDevice(String operator) throws Exception {
        Path folder = Path.of(Operators.class.getResource("operators").toURI());
        StringBuilder source = new StringBuilder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                source.append(Files.readString(file));
            }
        }
        assertThat(source).contains("torch.conv2d(").doesNotContain(operator);
    }
}
