//! What a driver or a device can do to memory, right and wrong.

use super::*;

const ME: Account = Account(0);

#[test]
fn a_page_is_reachable_exactly_while_it_is_mapped() {
    let mut memory = HostMemory::new(4096);
    let page = memory.allocate_page(ME).unwrap();
    let at = memory.map_page(ME, page).unwrap();
    assert_eq!(memory.dma_write(at, &[1; 32]), Ok(()));
    let mut line = [0; 32];
    assert_eq!(memory.dma_read(at, &mut line), Ok(()));
    assert_eq!(line, [1; 32]);
    memory.unmap_page(ME, at);
    assert!(!memory.is_mapped(at));
    assert_eq!(memory.dma_write(at, &[2; 32]), Err(DmaFault { at }));
    memory.free_page(ME, page);
    assert_eq!(memory.holdings(ME), Holdings::default());
    assert_eq!(memory.take_strays(), [Stray { kind: StrayKind::DeviceWrite, at, bytes: 32 }]);
}

#[test]
fn no_address_is_handed_out_twice() {
    let mut memory = HostMemory::new(65536);
    let mut last = Iova(0);
    memory.allocate_coherent(ME, 4096);
    for _ in 0..100 {
        let page = memory.allocate_page(ME).unwrap();
        let at = memory.map_page(ME, page).unwrap();
        assert!(at.0 >= last.0 + 65536);
        assert!(at.0.is_multiple_of(65536), "a host page lies on its own boundary");
        last = at;
        memory.unmap_page(ME, at);
        memory.free_page(ME, page);
    }
}

#[test]
fn a_host_page_lies_at_a_multiple_of_its_size() {
    let mut memory = HostMemory::new(65536);
    let _buffer = memory.allocate_coherent(ME, 4096);
    let page = memory.allocate_page(ME).unwrap();
    let at = memory.map_page(ME, page).unwrap();
    assert!(at.0.is_multiple_of(65536));
}

#[test]
fn page_zero_swallows_writes_and_reads_as_zeros() {
    let mut memory = HostMemory::new(4096);
    assert_eq!(memory.dma_write(Iova(0), &[5; 512]), Ok(()));
    let mut bytes = [9; 16];
    assert_eq!(memory.dma_read(Iova(16), &mut bytes), Ok(()));
    assert_eq!(bytes, [0; 16]);
    let kinds: Vec<StrayKind> = memory.take_strays().iter().map(|stray| stray.kind).collect();
    assert_eq!(kinds, [StrayKind::LowMemoryWrite, StrayKind::LowMemoryRead]);
    assert!(memory.dma_read(Iova(4090), &mut bytes).is_err(), "only the first page exists");
}

#[test]
fn buffers_span_frames_and_are_counted() {
    let mut memory = HostMemory::new(4096);
    let at = memory.allocate_coherent(ME, 3 * 4096);
    let pattern: Vec<u8> = (0..=255).cycle().take(5000).collect();
    memory.driver_write(Iova(at.0 + 4000), &pattern);
    let mut back = vec![0; 5000];
    memory.dma_read(Iova(at.0 + 4000), &mut back).unwrap();
    assert_eq!(back, pattern);
    assert!(memory.dma_read(Iova(at.0 + 3 * 4096 - 8), &mut [0; 16]).is_err());
    assert_eq!(memory.holdings(ME).buffers, 1);
    memory.free_coherent(ME, at, 3 * 4096);
    assert_eq!(memory.holdings(ME).buffers, 0);
    assert!(memory.dma_write(at, &[0; 8]).is_err());
}

#[test]
fn wrong_frees_are_recorded_and_do_no_more() {
    let mut memory = HostMemory::new(4096);
    let page = memory.allocate_page(ME).unwrap();
    let at = memory.map_page(ME, page).unwrap();
    memory.free_page(ME, page);
    memory.free_page(ME, page);
    memory.unmap_page(ME, at);
    memory.free_coherent(ME, at, 4096);
    let kinds: Vec<StrayKind> = memory.take_strays().iter().map(|stray| stray.kind).collect();
    assert_eq!(
        kinds,
        [StrayKind::FreedWhileMapped, StrayKind::WrongFree, StrayKind::WrongUnmap, StrayKind::WrongFree]
    );
    assert_eq!(memory.holdings(ME), Holdings { pages: 0, mappings: 1, buffers: 0 }, "the mapping leaks");
}

#[test]
fn planned_faults_hit_the_request_they_name() {
    let mut memory = HostMemory::new(4096);
    memory.plan_fault(FaultPlan { site: FaultSite::Page, skip: 1, times: 1 });
    memory.plan_fault(FaultPlan { site: FaultSite::Mapping, skip: 0, times: 1 });
    let page = memory.allocate_page(ME).unwrap();
    assert_eq!(memory.allocate_page(ME), Err(OutOfMemory));
    assert_eq!(memory.map_page(ME, page), Err(MappingFailed));
    assert!(memory.map_page(ME, page).is_ok());
    assert!(memory.allocate_page(ME).is_ok());
    assert!(memory.allocate("page_root").is_ok());
}

#[test]
fn a_clone_is_a_checkpoint() {
    let mut memory = HostMemory::new(4096);
    let at = memory.allocate_coherent(ME, 4096);
    memory.driver_write(at, &[3; 64]);
    let saved = memory.clone();
    memory.driver_write(at, &[4; 64]);
    memory.free_coherent(ME, at, 4096);
    let mut bytes = [0; 64];
    saved.driver_read(at, &mut bytes);
    assert_eq!(bytes, [3; 64]);
    assert_eq!(saved.holdings(ME).buffers, 1);
}
