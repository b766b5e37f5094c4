package io.kiln.masking;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class BoundariesTest {
    private static final JavaClasses PRODUCTION =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.kiln.masking");

    @Test
    void dependsOnlyOnWhatTheDesignAllows() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.ingest..",
                        "io.kiln.model..",
                        "io.kiln.training..",
                        "io.kiln.checkpoints..",
                        "io.kiln.cli..",
                        "ai.djl..")
                .because("masking runs on machines that have no model and no engine")
                .check(PRODUCTION);
    }

    @Test
    void logicKnowsNeitherFlinkNorKafkasClients() {
        noClasses()
                .that()
                .resideInAnyPackage("io.kiln.masking.image..", "io.kiln.masking.sampling..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.flink..",
                        "org.apache.kafka..",
                        "io.kiln.masking",
                        "io.kiln.flink..")
                .because("it is tested, timed and reused without them")
                .check(PRODUCTION);
    }

    @Test
    void imagesAreDecodedWithoutAnythingElseOfKiln() {
        classes()
                .that()
                .resideInAPackage("io.kiln.masking.image..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.masking.image..",
                        "java..",
                        "javax.imageio..",
                        "com.twelvemonkeys.imageio..",
                        "org.jspecify..")
                .check(PRODUCTION);
    }
}
