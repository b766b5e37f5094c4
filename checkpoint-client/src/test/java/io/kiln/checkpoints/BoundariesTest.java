package io.kiln.checkpoints;

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
                        .importPackages("io.kiln.checkpoints");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.config..",
                        "io.kiln.ingest..",
                        "io.kiln.masking..",
                        "io.kiln.training..",
                        "io.kiln.cli..",
                        "io.kiln.flink..",
                        "org.apache.flink..")
                .because("a downstream service needs neither Flink nor Kiln's jobs")
                .check(production);
    }
}
