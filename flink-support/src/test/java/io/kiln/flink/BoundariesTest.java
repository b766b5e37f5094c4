package io.kiln.flink;

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
                        .importPackages("io.kiln.flink");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.ingest..",
                        "io.kiln.masking..",
                        "io.kiln.model..",
                        "io.kiln.training..",
                        "io.kiln.checkpoints..",
                        "io.kiln.cli..",
                        "ai.djl..")
                .because("it is what both jobs share")
                .check(production);
    }
}
