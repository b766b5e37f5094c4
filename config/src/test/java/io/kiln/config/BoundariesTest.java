package io.kiln.config;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class BoundariesTest {
    @Test
    void dependsOnlyOnWhatTheDesignAllows() {
        JavaClasses production =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.kiln.config");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.schemas..",
                        "io.kiln.ingest..",
                        "io.kiln.masking..",
                        "io.kiln.model..",
                        "io.kiln.training..",
                        "io.kiln.checkpoints..",
                        "io.kiln.cli..",
                        "org.apache.flink..",
                        "org.apache.kafka..",
                        "ai.djl..")
                .because("the configuration can be read and checked before anything connects")
                .check(production);
    }
}
